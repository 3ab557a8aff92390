// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// What the timeline tells the validator.
public partial class FenceTimeline
{
    /// <summary>The timeline as the validator knows it; null when the contract is not checked.</summary>
    internal object? ContractMap { get; init; }

    /// <summary>
    /// Says that what follows leads to a signal of this timeline: somebody may be waiting for it, with locks held. Until the scope ends,
    /// take no lock that is ever held over such a wait, and no memory from a pool that reclaims.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The scope; dispose it on this thread. Scopes may be nested, of one timeline and of several.</returns>
    /// <remarks>
    /// <para>From the moment that a fence is handed out, all code that must run before it signals belongs into such a section: a worker
    /// that executes a command, an interrupt handler, a poll loop. Signaling itself needs no section.</para>
    /// <para>As dma_fence_begin_signalling. Never blocks. Nothing when the contract is not checked, see <see cref="FenceContract"/>.</para>
    /// <code>
    /// using (timeline.BeginSignaling())
    /// {
    ///     Execute(command);
    ///     timeline.Signal(command.Point);
    /// }
    /// </code>
    /// </remarks>
    public FenceContractScope BeginSignaling([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        FenceContract.BeginSignaling(ContractMap, file, line);

    private static void RunBatchChecked(FenceCallback batch)
    {
        Callbacks callbacks = new(batch);
        FenceAnnotations.RunCallbacks(ref callbacks);
    }

    private readonly struct Callbacks(FenceCallback batch) : IContractCall
    {
        public void Invoke() => RunEach(batch);
    }
}
