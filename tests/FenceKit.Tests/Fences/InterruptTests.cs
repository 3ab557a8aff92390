// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>
/// Thread.Interrupt ends the next sleep of a thread by an exception. What is said never to block neither sleeps nor throws, also while many
/// threads want the same thing, and the interrupt stays for the thread's next wait of its own.
/// </summary>
public class InterruptTests
{
    private const int ManyTurns = 1_000;

    [Fact]
    public void A_turn_of_the_backoff_neither_throws_nor_takes_the_interrupt_away() => TestThread.Run(() =>
    {
        Thread.CurrentThread.Interrupt();
        SpinBackoff backoff = default;
        for (int i = 0; i < ManyTurns; i++)
        {
            backoff.Once();
        }

        AssertStillInterrupted();
    });

    [Fact]
    public void A_lock_that_must_be_taken_is_taken_by_an_interrupted_thread_which_stays_interrupted()
    {
        Lock gate = new();
        gate.Enter();
        TestThread thread = TestThread.Start(() =>
        {
            Thread.CurrentThread.Interrupt();
            gate.EnterShielded();
            Assert.True(gate.IsHeldByCurrentThread);
            gate.Exit();
            AssertStillInterrupted();
        });
        thread.UntilBlocked();
        gate.Exit();
        thread.Join();
    }

    [Fact]
    public void What_is_done_again_after_an_interrupt_is_done_and_the_interrupt_stays()
    {
        TestThread.Run(() =>
        {
            int calls = 0;
            Thread.CurrentThread.Interrupt();
            int result = InterruptShield.Run(7, state =>
            {
                calls++;
                Thread.Sleep(0);
                return state;
            });
            Assert.Equal(7, result);
            Assert.Equal(2, calls);
            AssertStillInterrupted();
        });
    }

    internal static void AssertStillInterrupted() => Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(0));
}
