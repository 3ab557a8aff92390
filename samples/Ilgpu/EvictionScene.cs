// SPDX-License-Identifier: MIT
using ILGPU.Runtime;

namespace FenceKit.Samples.Ilgpu;

/// <summary>What the scene counted.</summary>
/// <param name="Rounds">How many buffers were evicted.</param>
/// <param name="Pending">How often a kernel still used the buffer when its owner came.</param>
/// <param name="InUse">How often a buffer was to be freed under a kernel. Must be 0.</param>
/// <param name="Wrong">Results that differ from the CPU's. Must be 0.</param>
/// <param name="Stale">Blocks that were written to after their eviction. Must be 0.</param>
/// <param name="Uploads">How often a block was copied to the device.</param>
internal sealed record EvictionResult(int Rounds, int Pending, long InUse, int Wrong, int Stale, long Uploads);

/// <summary>A device with room for a few blocks: their owner evicts buffers while kernels run on them.</summary>
internal sealed class EvictionScene : IDisposable
{
    private const int Blocks = 8;
    private const int WordsInBlock = 1024;
    private const int KernelRounds = 2_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly HostBlocks _host = new(Blocks, WordsInBlock);
    private readonly InvalidationNotifier _owner = new("blocks");
    private readonly DeviceQueue<KernelJob> _queue;
    private readonly StreamDriver _driver;
    private readonly bool _asks;
    private ulong _gates;
    private int _pending;
    private int _wrong;
    private int _stale;

    private EvictionScene(Accelerator accelerator, bool asks)
    {
        _asks = asks;
        (_queue, _driver) = StreamDriver.Open(accelerator, _host, depth: 8, capacity: 32);
        _queue.Attach(_owner, AddressRange.All);
    }

    /// <param name="accelerator">Where kernels run.</param>
    /// <param name="rounds">How many buffers to evict.</param>
    /// <param name="asks">False: the owner does not wait for kernels, to see what that would do.</param>
    /// <param name="progress">How far it is.</param>
    internal static async Task<EvictionResult> RunAsync(Accelerator accelerator, int rounds, bool asks, IProgress<double>? progress = null)
    {
        using EvictionScene scene = new(accelerator, asks);
        await using (scene._queue)
        {
            for (int round = 0; round < rounds; round++)
            {
                scene.Round(round);
                progress?.Report((round + 1.0) / rounds);
            }
        }

        return new EvictionResult(rounds, scene._pending, scene._driver.Buffers.EvictedInUse, scene._wrong, scene._stale, scene._driver.Buffers.Uploads);
    }

    public void Dispose() => _owner.Dispose();

    private void Round(int round)
    {
        int block = round % Blocks;
        int seed = round + 1;

        // Every other round the stream stands at a gate when the owner comes, so the job is certainly not done; otherwise it just runs.
        ulong gate = round % 2 == 0 ? ++_gates : 0;
        Fence running = Submit(new KernelJob(block, seed, KernelRounds));
        Fence last = Submit(new KernelJob(block, seed, KernelRounds, gate));
        Require(SpinWait.SpinUntil(() => _driver.InFlight == 2 || (gate == 0 && last.IsSignaled) || running.IsSignaled, s_patience), "the stream does not begin");
        if (_asks)
        {
            EvictAsking(block, seed, gate);
        }
        else
        {
            _driver.Buffers.Evict(block); // as a cache would that knows nothing of kernels
            _driver.OpenGate(gate);
        }

        Require(last.Wait(s_patience) == FenceStatus.Signaled, "a job did not end well");
    }

    private void EvictAsking(int block, int seed, ulong gate)
    {
        InvalidationSession session = default;
        Require(SpinWait.SpinUntil(() => _owner.TrySchedule(_host.RangeOf(block), InvalidationReason.Discard, out session), s_patience), "the range is busy");
        using (session)
        {
            _pending += session.TryWait() == InvalidationOutcome.Pending ? 1 : 0;
            _driver.OpenGate(gate);
            Require(session.Wait(s_patience) == InvalidationOutcome.Completed, "the stream did not let go of a block");
            _host[block].Clear();

            // The stream goes on elsewhere; whatever it still had to do for this block would come first.
            Fence elsewhere = Submit(new KernelJob((block + 1) % Blocks, seed, Rounds: 0));
            Require(elsewhere.Wait(s_patience) == FenceStatus.Signaled, "a job on another block did not end well");
            _stale += _host[block].ContainsAnyExcept(0) ? 1 : 0;
            Fence next = Submit(new KernelJob(block, ~seed, KernelRounds)); // stays in the queue until the session has ended
            session.Commit();
            Require(next.Wait(s_patience) == FenceStatus.Signaled, "a job after the eviction did not end well");
            _wrong += MixKernel.IsRight(_host[block], ~seed, KernelRounds) ? 0 : 1;
        }
    }

    private Fence Submit(in KernelJob job)
    {
        Require(_queue.TrySubmit(in job, out Fence fence) == DeviceSubmitStatus.Submitted, "the queue refused a job");
        return fence;
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"In vain: {otherwise}.");
        }
    }
}
