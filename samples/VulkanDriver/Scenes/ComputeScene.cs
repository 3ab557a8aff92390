// SPDX-License-Identifier: MIT
using FenceKit.Samples.VulkanDriver.Linux;
using FenceKit.Samples.VulkanDriver.Shaders;
using FenceKit.Samples.VulkanDriver.Vulkan;

namespace FenceKit.Samples.VulkanDriver.Scenes;

/// <summary>First scene: many jobs, whose results must be those of the CPU.</summary>
internal static class ComputeScene
{
    private const int Blocks = 64;
    private const uint Rounds = 1_000;

    /// <returns>How many blocks are wrong, of how many.</returns>
    internal static async Task<(int Wrong, int Blocks)> RunAsync(PhysicalDevice physical)
    {
        using Pages memory = new(Blocks, GpuChoice.BlockSizeOf(physical));
        (DeviceQueue<MixJob> queue, _) = GpuDriver.Open(physical, memory, depth: 8, capacity: Blocks);
        await using (queue)
        {
            for (int block = 0; block < Blocks; block++)
            {
                await queue.SubmitAsync(new MixJob(block, Seed: (uint)block, Rounds));
            }

            await queue.LastSubmitted;
            int wrong = Enumerable.Range(0, Blocks).Count(block => !IsRight(memory, block, (uint)block, Rounds));
            return (wrong, Blocks);
        }
    }

    internal static bool IsRight(Pages memory, int block, uint seed, uint rounds)
    {
        Span<uint> words = memory.Words(block);
        for (int word = 0; word < words.Length; word++)
        {
            if (words[word] != MixShader.Mix((uint)word, seed, rounds))
            {
                return false;
            }
        }

        return true;
    }
}
