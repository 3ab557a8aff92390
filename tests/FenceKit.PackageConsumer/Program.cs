// SPDX-License-Identifier: MIT
// What a user of the packages can do with nothing but the packages: a driver, an owner, and one invalidation.
using System.Reflection;
using System.Runtime.CompilerServices;
using FenceKit;
using FenceKit.Conformance;
using FenceKit.Lockdep;
using FenceKit.Remote;
using FenceKit.Remote.Caching;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

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

// The author of a driver checks it with the suite from its package, without a test framework.
ConformanceReport report = DriverConformance.Run("simulated", static () => new SimulatedUnderTest(), TimeSpan.FromSeconds(60));
Require(report.Failed == 0 && report.Passed == DriverConformance.Checks.Count, $"a simulated driver keeps the contract: {report.Failures.FirstOrDefault()}");

// An application has its parts from the container, and they drain with the host.
HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Services.AddFenceKit(builder.Configuration.GetSection("FenceKit")).AddNotifier("pages");
builder.Services.AddLockdep();
builder.Services.AddHealthChecks().AddFenceKit();
using IHost host = builder.Build();
await host.StartAsync();
InvalidationNotifier pages = host.Services.GetRequiredKeyedService<InvalidationNotifier>("pages");
Require(pages.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession over), "a notifier of the container works");
over.Commit();
await host.StopAsync();
Require(pages.ToString().EndsWith("shut down", StringComparison.Ordinal), "a notifier of the container ends with the host");

// An owner and a node of a domain, over a transport in this process.
using InMemoryTransport transport = new();
using InvalidationNotifier owners = new("owner"), nodes = new("node");
await using RemoteInvalidationOwner owner = new(
    owners, KeySpace.All, transport.Connect("owner"), "domain", new RemoteOwnerOptions { Grace = TimeSpan.Zero });
await using RemoteInvalidationNode node = new(nodes, KeySpace.All, transport.Connect("node"), "domain");
Require(await node.WaitForLeaseAsync(TimeSpan.FromSeconds(30)), "a node gets a lease");
Require(owners.TrySchedule(KeySpace.RangeOf("orders", "42"), InvalidationReason.Discard, out InvalidationSession remote), "a node is told");
using (remote)
{
    Require(await remote.WaitAsync(TimeSpan.FromSeconds(30)) == InvalidationOutcome.Completed, "the node acknowledges");
    remote.Commit();
}

// The cache that people know, from the container, over the same transport.
HostApplicationBuilder shop = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
shop.Services.AddSingleton<IInvalidationTransport>(transport.Connect("shop"));
shop.Services.AddFenceKitRemote(static options => (options.Domain, options.IsOwner, options.Grace) = ("shop", true, TimeSpan.Zero));
shop.Services.AddHealthChecks().AddFenceKitRemote();
using IHost shopping = shop.Build();
await shopping.StartAsync();
HybridCache cache = shopping.Services.GetRequiredService<HybridCache>();
Require(await shopping.Services.GetRequiredService<RemoteDomain>().Node.WaitForLeaseAsync(TimeSpan.FromSeconds(30)), "the cache gets a lease");
int price = 1;
for (int read = 0; read < 2; read++)
{
    Require(await cache.GetOrCreateAsync("price", token => ValueTask.FromResult(price)) == 1, "a value is kept");
    price = 2;
}

await cache.RemoveAsync("price");
Require(await cache.GetOrCreateAsync("price", token => ValueTask.FromResult(price)) == 2, "a removal that has returned is true");
await shopping.StopAsync();

// What an editor shows of the packages is what their users can call.
Type[] ofPackages = [typeof(FenceTimeline), typeof(LockValidator), typeof(DriverConformance), typeof(RemoteInvalidationOwner)];
foreach (Assembly package in ofPackages.Select(static type => type.Assembly))
{
    (int count, string[] hidden) = Documentation.Look(package, args[0]);
    Require(count > 10 && hidden.Length == 0, $"of {count} members in the documentation of {package.GetName().Name}, all can be seen: {string.Join(", ", hidden.Take(5))}");
}

Console.WriteLine($"FenceKit {typeof(FenceTimeline).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion} works from its package.");
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

internal sealed class SimulatedUnderTest : QueueUnderTest<ConformanceCommand>
{
    private const int Block = 64;
    private readonly byte[] _memory;
    private readonly SimulatedDevice<ConformanceCommand> _device;
    private readonly StrongBox<bool> _released;

    public SimulatedUnderTest()
        : this(new byte[8 * Block], new StrongBox<bool>())
    {
    }

    private SimulatedUnderTest(byte[] memory, StrongBox<bool> released)
        : this(memory, released, new SimulatedDevice<ConformanceCommand>(TimeProvider.System, command => Script(command, released))
        {
            Execute = command => memory.AsSpan(command.Offset, Block).Fill(command.Value),
            RangeOf = static command => AddressRange.FromLength((ulong)command.Offset, Block),
        })
    {
    }

    private SimulatedUnderTest(byte[] memory, StrongBox<bool> released, SimulatedDevice<ConformanceCommand> device)
        : base(new DeviceQueue<ConformanceCommand>("simulated", device, new DeviceQueueOptions { Dispatch = DeviceDispatch.DedicatedThread }))
    {
        _memory = memory;
        _released = released;
        _device = device;
    }

    public override int BlockSize => Block;

    public override Span<byte> Memory => _memory;

    public override int Held => _device.Hung;

    public override AddressRange RangeOf(int offset) => AddressRange.FromLength((ulong)offset, Block);

    public override void Release()
    {
        Volatile.Write(ref _released.Value, true);
        _device.ReleaseHung();
    }

    protected override ConformanceCommand Translate(in ConformanceCommand command) => command;

    private static SimulatedOutcome Script(ConformanceCommand command, StrongBox<bool> released) =>
        command.IsHeld && !Volatile.Read(ref released.Value) ? SimulatedOutcome.Hang : SimulatedOutcome.AtOnce;
}
