using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Threads that would wait for themselves, beside others that end what they would wait for, or hand it to them.</summary>
public class SelfWaitExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    /// <summary>The holder either is told and ends the session itself, or the other thread has taken it over and will end it. Nobody hangs.</summary>
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_session_that_is_handed_over_while_its_holder_enters_ends(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("enter inside one's session against use and end of the session", () => new SharedSession())
                .Thread("holder", state => state.ScheduleAndEnter())
                .Thread("other", state => state.UseAndEnd())
                .BreakingTheContract("a thread would wait for itself, and is told")
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void So_it_does_beside_a_reader_that_has_nothing_to_do_with_it() =>
        Verify(
            Scenario.Of("enter inside one's session against end against read", () => new SharedSession())
                .Thread("holder", state => state.ScheduleAndEnter())
                .Thread("other", state => state.UseAndEnd())
                .Thread("reader", state => state.Read())
                .BreakingTheContract("a thread would wait for itself, and is told")
                .AtEnd(state =>
                {
                    Assert.Equal(1, state.Reads); // an innocent reader is never told
                    state.CheckAtRest();
                }),
            preemptions: 1);

    /// <summary>Who is inside is told, whoever has scheduled and whenever; the owner gets its readers out.</summary>
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_reader_that_waits_for_a_session_of_another_thread_is_told(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("wait inside one's gate against schedule, wait, commit", () => new SharedSession())
                .Thread("reader", state => state.EnterAndWait())
                .Thread("owner", state => state.Replace())
                .BreakingTheContract("a thread would wait for itself, and is told")
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    private sealed class SharedSession
    {
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private readonly ReaderGate _gate;
        private InvalidationSession _session;
        private bool _isScheduled;
        private bool _otherUses;

        public SharedSession() => _gate = new ReaderGate(_notifier, MappedPage.Page, "readers");

        public int Reads { get; private set; }

        public void ScheduleAndEnter()
        {
            Schedule();
            try
            {
                _gate.Enter().Dispose();
                Assert.True(Volatile.Read(ref _otherUses), "entered although the range is closed");
            }
            catch (InvalidOperationException)
            {
                _session.Dispose();
            }
        }

        public void UseAndEnd()
        {
            if (!Volatile.Read(ref _isScheduled))
            {
                return;
            }

            try
            {
                Volatile.Write(ref _otherUses, true);
                _session.TryWait();
            }
            catch (InvalidOperationException)
            {
                return; // the holder was first
            }

            _session.Dispose();
        }

        public void Read()
        {
            _gate.Enter().Dispose();
            Reads++;
        }

        public void EnterAndWait()
        {
            using (_gate.Enter())
            {
                if (Volatile.Read(ref _isScheduled) && !_session.HasEnded)
                {
                    Assert.Throws<InvalidOperationException>(() => _session.Wait(Timeout.InfiniteTimeSpan));
                }
            }
        }

        public void Replace()
        {
            Schedule();
            Assert.Equal(InvalidationOutcome.Completed, _session.Wait(Timeout.InfiniteTimeSpan));
            _session.Commit();
        }

        public void CheckAtRest()
        {
            Assert.Equal(0, _notifier.ActiveSessions);
            Assert.Equal(0, _gate.CopyHoldouts(default));
            _gate.Dispose();
        }

        private void Schedule()
        {
            Assert.True(_notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out _session));
            Volatile.Write(ref _isScheduled, true);
        }
    }
}
