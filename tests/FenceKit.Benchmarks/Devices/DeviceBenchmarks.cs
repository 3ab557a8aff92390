// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using BenchmarkDotNet.Attributes;

namespace FenceKit.Benchmarks.Devices;

/// <summary>64 commands from their submission to their end: a queue in each of its ways to dispatch, a bare channel, and tasks.</summary>
[MemoryDiagnoser]
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "BenchmarkDotNet calls Clean.")]
public class DeviceBenchmarks
{
    private const int Burst = 64;
    private readonly Task[] _tasks = new Task[Burst];
    private DeviceQueue<int> _inline = null!;
    private DeviceQueue<int> _pool = null!;
    private Channel<(int Payload, TaskCompletionSource Done)> _channel = null!;
    private Task _reader = Task.CompletedTask;

    [GlobalSetup]
    public void Setup()
    {
        _inline = new("inline", new AtOnce(), new DeviceQueueOptions { Dispatch = DeviceDispatch.Inline });
        _pool = new("pool", new AtOnce());
        _channel = Channel.CreateBounded<(int Payload, TaskCompletionSource Done)>(new BoundedChannelOptions(256) { SingleReader = true });
        _reader = Task.Run(async () =>
        {
            await foreach ((int _, TaskCompletionSource done) in _channel.Reader.ReadAllAsync())
            {
                done.SetResult();
            }
        });
    }

    [GlobalCleanup]
    public async Task Clean()
    {
        _channel.Writer.Complete();
        await _reader;
        await _inline.DisposeAsync();
        await _pool.DisposeAsync();
    }

    [Benchmark(OperationsPerInvoke = Burst)]
    public void Inline() => Submit(_inline);

    [Benchmark(OperationsPerInvoke = Burst)]
    public void OnThePool() => Submit(_pool);

    [Benchmark(OperationsPerInvoke = Burst, Baseline = true)]
    public void BareChannel()
    {
        for (int i = 0; i < Burst; i++)
        {
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _tasks[i] = done.Task;
            _channel.Writer.TryWrite((i, done));
        }

        Task.WaitAll(_tasks);
    }

    [Benchmark(OperationsPerInvoke = Burst)]
    public void TaskRun()
    {
        for (int i = 0; i < Burst; i++)
        {
            _tasks[i] = Task.Run(static () => { });
        }

        Task.WaitAll(_tasks);
    }

    private static void Submit(DeviceQueue<int> queue)
    {
        Fence last = default;
        for (int i = 0; i < Burst; i++)
        {
            queue.TrySubmit(i, out last);
        }

        last.Wait();
    }

    private sealed class AtOnce : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (ref readonly DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }
    }
}
