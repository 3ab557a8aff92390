// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Async;

/// <summary>A thread that has been told of something looks at it before anything else counts, whatever it enters or leaves meanwhile.</summary>
public sealed class FlowTurnTests
{
    private readonly AsyncBench _bench = new();

    private InterruptingContext? _context;

    private LockValidator Validator => _bench.Validator;

    [Theory]
    [InlineData("section")]
    [InlineData("suppressed")]
    [InlineData("context")]
    [InlineData("nothing")]
    public void A_thread_that_goes_on_with_another_flow_does_not_hold_what_the_last_one_has(string meanwhile)
    {
        LockMap map = new(_bench.Class("A"));
        ExecutionContext withoutLock = ExecutionContext.Capture()!;
        using LockHold hold = Validator.Hold(map, default(LockAcquireOptions));
        Assert.True(Validator.IsHeld(map));

        ExecutionContext.Run(withoutLock, _ =>
        {
            EnterAndLeave(meanwhile);
            Assert.False(Validator.IsHeld(map));
        }, null);

        EnterAndLeave(meanwhile);
        Assert.True(Validator.IsHeld(map));
        Assert.Empty(_bench.Reports);
    }

    [Theory]
    [InlineData("section")]
    [InlineData("suppressed")]
    [InlineData("context")]
    [InlineData("nothing")]
    public void A_lock_that_another_thread_lets_go_is_held_no_more(string meanwhile)
    {
        LockMap map = new(_bench.Class("A"));
        LockHold hold = Validator.Hold(map, default(LockAcquireOptions));
        Assert.True(Validator.IsHeld(map));
        var other = new Thread(hold.Dispose);
        other.UnsafeStart();
        other.Join();

        EnterAndLeave(meanwhile);

        Assert.False(Validator.IsHeld(map));
    }

    private void EnterAndLeave(string what)
    {
        switch (what)
        {
            case "section":
                Validator.EnterNoWaitSection().Dispose();
                break;
            case "suppressed":
                Validator.Suppress("a test").Dispose();
                break;
            case "context":
                Validator.EnterContext(_context ??= Validator.DefineContext("callback")).Dispose();
                break;
        }
    }
}
