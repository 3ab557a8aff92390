// SPDX-License-Identifier: MIT
using FenceKit.Samples.VulkanDriver.Linux;
using FenceKit.Samples.VulkanDriver.Vulkan;

namespace FenceKit.Samples.VulkanDriver.Scenes;

/// <summary>What the second scene counted.</summary>
/// <param name="Rounds">How many blocks were invalidated.</param>
/// <param name="Pending">How often the GPU still used the block when its owner asked.</param>
/// <param name="Unfinished">How often an owner that had not waited would have taken half a result.</param>
/// <param name="Wrong">Results that differ from the CPU's after the wait. Must be 0.</param>
/// <param name="Stale">Blocks that were written to after their pages had been replaced. Must be 0.</param>
/// <param name="Imports">How often a block was made known to the GPU.</param>
internal sealed record InvalidationResult(int Rounds, int Pending, int Unfinished, int Wrong, int Stale, long Imports);

/// <summary>Second scene: the owner takes blocks away while the GPU computes them; the unmap waits for the GPU's fence.</summary>
internal sealed class InvalidationScene : IDisposable
{
    private const int Blocks = 8;
    private const uint MixRounds = 2_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Pages _memory;
    private readonly DeviceQueue<MixJob> _queue;
    private readonly GpuDriver _driver;
    private readonly InvalidationNotifier _notifier = new("blocks");
    private ulong _gates;
    private int _pending;
    private int _unfinished;
    private int _wrong;
    private int _stale;

    private InvalidationScene(PhysicalDevice physical)
    {
        _memory = new Pages(Blocks, GpuChoice.BlockSizeOf(physical));
        (_queue, _driver) = GpuDriver.Open(physical, _memory, depth: 8, capacity: 32);
        _queue.Attach(_notifier, AddressRange.All);
    }

    internal static async Task<InvalidationResult> RunAsync(PhysicalDevice physical, int rounds, IProgress<double> progress)
    {
        using InvalidationScene scene = new(physical);
        await using (scene._queue)
        {
            for (int round = 0; round < rounds; round++)
            {
                scene.Round(round);
                progress.Report((round + 1) / (double)rounds);
            }

            return new InvalidationResult(rounds, scene._pending, scene._unfinished, scene._wrong, scene._stale, scene._driver.Imports);
        }
    }

    public void Dispose()
    {
        _notifier.Dispose();
        _memory.Dispose();
    }

    private void Round(int round)
    {
        int block = round % Blocks;
        uint seed = (uint)round + 1;

        // Every other round the job stands at its gate when the owner comes, so it is certainly not done; otherwise it just runs.
        bool isHeld = round % 2 == 0;
        ulong gate = isHeld ? ++_gates : 0;
        Fence running = Submit(new MixJob(block, seed, MixRounds, gate));
        Await(() => _driver.InFlight > 0 || running.IsSignaled); // one that has not started waits for the end of the session

        InvalidationSession session = default;
        Await(() => _notifier.TrySchedule(_memory.RangeOf(block), InvalidationReason.Unmap, out session));
        using (session)
        {
            _pending += session.TryWait() == InvalidationOutcome.Pending ? 1 : 0;
            _unfinished += ComputeScene.IsRight(_memory, block, seed, MixRounds) ? 0 : 1;
            if (isHeld)
            {
                _driver.OpenGate(gate);
            }

            Require(session.Wait(s_patience) == InvalidationOutcome.Completed, "the GPU did not let go of a block");
            _wrong += ComputeScene.IsRight(_memory, block, seed, MixRounds) ? 0 : 1;
            _memory.Replace(block);

            // The GPU goes on elsewhere; whatever it still had to do for the old pages would come first.
            Fence elsewhere = Submit(new MixJob((block + 1) % Blocks, seed, Rounds: 0));
            Require(elsewhere.Wait(s_patience) == FenceStatus.Signaled, "a job on another block did not end well");
            _stale += _memory.Words(block).ContainsAnyExcept(0u) ? 1 : 0;
            Fence next = Submit(new MixJob(block, ~seed, MixRounds)); // stays in the queue until the session has ended
            session.Commit();
            Require(next.Wait(s_patience) == FenceStatus.Signaled, "a job on fresh pages did not end well");
            _wrong += ComputeScene.IsRight(_memory, block, ~seed, MixRounds) ? 0 : 1;
        }
    }

    private Fence Submit(in MixJob job)
    {
        Require(_queue.TrySubmit(in job, out Fence fence) == DeviceSubmitStatus.Submitted, "the queue refused a job");
        return fence;
    }

    private static void Await(Func<bool> condition) => Require(SpinWait.SpinUntil(condition, s_patience), "the GPU did not answer");

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"In vain: {otherwise}.");
        }
    }
}
