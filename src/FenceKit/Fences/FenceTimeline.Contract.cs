// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Reports of the timeline to the validator.
public partial class FenceTimeline
{
    /// <summary>The validator's lock map for the timeline; null when the contract is not checked.</summary>
    internal object? ContractMap { get; init; }

    /// <summary>
    /// Opens a signaling section: the code that follows leads to a signal of this timeline, and others may wait for the signal while they
    /// hold locks. Until the section ends, take no lock that is ever held over such a wait, and no memory from a pool that reclaims.
    /// </summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The section; dispose it on this thread. Sections of one timeline, or of several, may be nested.</returns>
    /// <remarks>
    /// <para>Once other code has the fence, all code that must run before it signals belongs into such a section: a worker that executes a
    /// command, an interrupt handler, a poll loop. The call of Signal alone needs no section.</para>
    /// <para>Like the kernel's dma_fence_begin_signalling. Never blocks. Does nothing when the contract is not checked; see
    /// <see cref="FenceContract"/>.</para>
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
