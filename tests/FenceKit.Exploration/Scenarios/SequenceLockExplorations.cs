using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Readers without a lock beside writers that take turns: whatever a reader accepts was there at one moment.</summary>
public class SequenceLockExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_reader_sees_all_of_a_change_or_nothing(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("write, write against read, read", () => new SequencedPair())
                .Thread("writer", state =>
                {
                    state.Write();
                    state.Write();
                })
                .Thread("reader", state =>
                {
                    int first = state.Read();
                    Assert.True(first <= state.Read(), "what was seen once is not taken back");
                })
                .AtEnd(state => Assert.Equal(2, state.Read())),
            preemptions,
            memory);

    [Fact]
    public void Writers_take_turns_and_a_reader_waits_for_neither() =>
        Verify(
            Scenario.Of("write against write against read", () => new SequencedPair())
                .Thread("first", state => state.Write())
                .Thread("second", state => state.Write())
                .Thread("reader", state => state.Read())
                .AtEnd(state => Assert.Equal(2, state.Read())),
            preemptions: 2);

    private sealed class SequencedPair
    {
        private readonly Lock _gate = new();
        private SequenceLock _sequence;
        private int _first;
        private int _second;
        private readonly int[] _elsewhere = new int[1]; // read where another thread may come between: plain accesses are no scheduling points

        public void Write()
        {
            _gate.Enter();
            _sequence.BeginWrite();
            _ = Volatile.Read(ref _elsewhere[0]);
            _first++;
            _ = Volatile.Read(ref _elsewhere[0]);
            _second++;
            _ = Volatile.Read(ref _elsewhere[0]);
            _sequence.EndWrite();
            _gate.Exit();
        }

        public int Read()
        {
            while (true)
            {
                int version = _sequence.BeginRead();
                int first = _first;
                _ = Volatile.Read(ref _elsewhere[0]);
                int second = _second;
                if (_sequence.IsUnchanged(version))
                {
                    Assert.Equal(first, second);
                    return first;
                }
            }
        }
    }
}
