// SPDX-License-Identifier: MIT
// What a user of the packages can do with nothing but the packages: a driver, an owner, and one invalidation.
using System.Reflection;
using FenceKit;

using InvalidationNotifier notifier = new("consumer");
using SlowDevice device = new();
AddressRange range = AddressRange.FromLength(0x1000, 0x1000);
using InvalidationSubscription subscription = notifier.Subscribe(range, device, "slow device");

Require(notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session), "the schedule is accepted");
using (session)
{
    Require(session.TryWait() == InvalidationOutcome.Pending, "the device still holds the range");
    Require(!subscription.TryBeginRead(range, out _), "readers are held back");
    device.Finish();
    Require(await session.WaitAsync(TimeSpan.FromSeconds(30)) == InvalidationOutcome.Completed, "the wait completes");
    session.Commit();
}

Require(subscription.TryBeginRead(range, out _), "readers go on");
Require(typeof(FenceTimeline).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>() is not null, "the package has a version");
Require(File.Exists(Path.Combine(AppContext.BaseDirectory, "FenceKit.Lockdep.dll")), "the validator came along");
Console.WriteLine($"FenceKit {typeof(FenceTimeline).Assembly.GetName().Version} works from its package.");
return 0;

static void Require(bool condition, string what)
{
    if (!condition)
    {
        Console.Error.WriteLine($"The package consumer failed: {what} - no.");
        Environment.Exit(1);
    }
}

internal sealed class SlowDevice : IInvalidationSubscriber, IDisposable
{
    private readonly FenceTimeline _timeline = new("slow device");

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = _timeline.Issue();
        return true;
    }

    public void Finish() => _timeline.Signal(_timeline.Issued);

    public void Dispose() => _timeline.Dispose();
}
