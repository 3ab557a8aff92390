// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// An asynchronous flow that is passed from method to method like a <see cref="CancellationToken"/>, for code in which even the execution
/// context is too expensive. Locks that are acquired with it are checked against the other locks acquired with it, and nothing is
/// allocated.
/// </summary>
/// <remarks>
/// <para>A flow does one thing at a time: it may move from thread to thread, but it is not thread safe. Concurrent work needs its own
/// flow.</para>
/// <para>What the flow acquires is checked against the thread-bound locks that are held at that time. The reverse is not true: acquisitions
/// of a thread-bound lock, such as a <see cref="TrackedLock"/>, and awaits without the flow are not checked against the flow's
/// locks.</para>
/// </remarks>
[DebuggerDisplay("{Name,nq}")]
public sealed class LockFlow
{
    private static int s_lastNumber;
    private readonly LockValidator? _validator;
    private readonly LockHolder? _list;
    private ulong _seed;

    /// <summary>Creates a flow that holds no locks.</summary>
    /// <param name="name">The name in reports, or null for a number.</param>
    /// <param name="validator">
    /// The validator of the locks that are acquired with it, or null for <see cref="LockValidator.Default"/>.
    /// </param>
    public LockFlow(string? name = null, LockValidator? validator = null)
    {
        Name = name ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"flow {Interlocked.Increment(ref s_lastNumber)}");
        if (LockValidatorSwitch.IsEnabled)
        {
            _validator = validator ?? LockValidator.Default;
            _list = LockHolder.ForFlow(_validator, Name);
            _seed = _validator.Seed;
        }
    }

    /// <summary>The name in reports.</summary>
    public string Name { get; }

    /// <summary>The number of held locks; zero while the validator is disabled.</summary>
    public int HeldCount => _list?.Depth ?? 0;

    internal void Announce(LockMap map, in PendingHold pending)
    {
        LookAgainIfForgotten();
        LockHolder list = _list!;
        LockHolder? thread = LockHolder.CurrentIfAny(_validator!);
        thread?.Settle(); // a thread that has just come to the flow has not loaded yet what was awaited on another one
        if (thread is not { Depth: > 0 } && list.KnowsNext(pending.Own, pending.File))
        {
            return;
        }

        Hold(map, pending);
        _validator!.JudgeUnderThread(list, map);
        list.PopPassing(map);
    }

    internal void Hold(LockMap map, in PendingHold pending)
    {
        LookAgainIfForgotten();
        if (!_list!.TryPushKnown(map, pending.Own, pending.File))
        {
            _validator!.AcquireSlow(_list, map, pending.Shape, null, pending.Own, pending.File, pending.Line);
        }
    }

    internal void Release(LockMap map) => _list!.Release(map);

    // Threads are notified when the validator has discarded state; a flow checks for that itself.
    private void LookAgainIfForgotten()
    {
        ulong seed = _validator!.Seed;
        if (_seed != seed)
        {
            _seed = seed;
            _list!.MarkStale();
        }
    }
}
