// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Scenes;

/// <summary>What scene 1 found.</summary>
/// <param name="Reads">Reads that the device reported as done after memory had been discarded.</param>
/// <param name="Stale">Those after which the memory shows something else than the file.</param>
/// <param name="StaleWhenPinnedAgain">The same count after the device was given the pages anew: the proof of the cause.</param>
internal sealed record WithoutNotifierResult(long Reads, long Stale, long StaleWhenPinnedAgain);

/// <summary>
/// Scene 1: nobody tells the device. It keeps writing into the pages it pinned and reports success, while the addresses lead to other pages
/// by now. Nothing fails; the data is simply not there.
/// </summary>
internal static class WithoutNotifier
{
    private const int Buffers = 8;
    private const int PagesPerBuffer = 64;

    public static WithoutNotifierResult Run(SceneContext context)
    {
        using PageMemory memory = context.Backend.CreateMemory(Buffers, PagesPerBuffer);
        using IReadEngine device = context.Backend.CreateReadEngine(memory, context.File, PagesPerBuffer);
        var verifier = new PageVerifier(memory, context.File);
        long reads = 0;
        long stale = 0;
        long staleAgain = 0;
        for (int buffer = 0; buffer < Buffers; buffer++)
        {
            context.ThrowIfCancelled();
            device.Pin(buffer);
            memory.Discard(new PageRange(buffer, First: PagesPerBuffer / 4, Count: PagesPerBuffer / 2));
            stale += ReadAndCompare(device, buffer, verifier);
            reads += PagesPerBuffer;

            // The cure, applied by hand once the damage is done.
            device.Unpin(buffer);
            device.Pin(buffer);
            staleAgain += ReadAndCompare(device, buffer, verifier);
            device.Unpin(buffer);
            context.Report((buffer + 1.0) / Buffers, $"{stale} of {reads} reads stale");
        }

        return new WithoutNotifierResult(reads, stale, staleAgain);
    }

    /// <summary>Has the device fill a buffer, and counts the pages that it reported as done and that are not.</summary>
    private static long ReadAndCompare(IReadEngine device, int buffer, PageVerifier verifier)
    {
        for (int page = 0; page < PagesPerBuffer; page++)
        {
            if (!device.TryRead(buffer, page, block: (buffer * PagesPerBuffer) + page))
            {
                throw new IOException("The device takes fewer requests than it promised.");
            }
        }

        long stale = 0;
        var completions = new ReadCompletion[PagesPerBuffer];
        for (int done = 0; done < PagesPerBuffer;)
        {
            int count = device.Exchange(completions);
            foreach (ReadCompletion completion in completions.AsSpan(0, count))
            {
                if (completion.Outcome != ReadOutcome.Succeeded)
                {
                    throw new IOException($"The device failed to read block {completion.Block}.");
                }

                stale += verifier.Matches(completion.Buffer, completion.Page, completion.Block) ? 0 : 1;
            }

            done += count;
        }

        return stale;
    }
}
