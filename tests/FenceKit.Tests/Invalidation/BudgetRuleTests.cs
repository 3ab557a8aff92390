// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Every budget follows the rule of every timeout: zero to 49 days, or infinite.</summary>
public sealed class BudgetRuleTests : IDisposable
{
    private static readonly AddressRange s_range = new(0, 10);

    private readonly InvalidationNotifier _notifier = new("memory");

    public void Dispose() => _notifier.Dispose();

    public static TheoryData<TimeSpan> NoBudgets =>
        [TimeSpan.FromTicks(-1), TimeSpan.MinValue, TimeSpan.FromMilliseconds(uint.MaxValue), TimeSpan.FromDays(50), TimeSpan.MaxValue];

    [Theory]
    [MemberData(nameof(NoBudgets))]
    public async Task What_is_no_budget_is_refused_by_name_with_and_without_a_thread(TimeSpan budget)
    {
        using InvalidationSubscription subscription = _notifier.Subscribe(s_range, new StubSubscriber(), "device");
        using ReaderGate gate = new(_notifier, new AddressRange(20, 30), "readers");
        Refused(() => _notifier.Release(budget));
        Refused(() => subscription.BeginRead(s_range, budget, out _));
        Refused(() => gate.TryEnter(new AddressRange(20, 30), budget, out _));
        await RefusedAsync(async () => await subscription.BeginReadAsync(s_range, budget));
        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        using (session)
        {
            Refused(() => session.Wait(budget));
            await RefusedAsync(async () => await session.WaitAsync(budget));
        }
    }

    private static void Refused(Action action) => Assert.Equal("budget", Assert.Throws<ArgumentOutOfRangeException>(action).ParamName);

    private static async Task RefusedAsync(Func<Task> action) =>
        Assert.Equal("budget", (await Assert.ThrowsAsync<ArgumentOutOfRangeException>(action)).ParamName);
}
