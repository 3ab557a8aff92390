// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// An asynchronous flow by name, handed from method to method like a <see cref="CancellationToken"/>: for code in which even the execution context
/// is too dear. Locks that are taken with it are seen by whatever else is taken with it, and nothing is allocated.
/// </summary>
/// <remarks>
/// <para>One flow has one thing to do at a time: it may go from thread to thread, but it is not thread safe. What runs beside it needs a flow of its own.</para>
/// <para>A lock of the thread is seen by what the flow takes under it; the flow's locks are not seen by a lock of the thread, such as a
/// <see cref="TrackedLock"/>, nor by what is awaited without the flow.</para>
/// </remarks>
[DebuggerDisplay("{Name,nq}")]
public sealed class LockFlow
{
    private static int s_lastNumber;
    private readonly LockValidator? _validator;
    private readonly LockHolder? _list;
    private ulong _seed;

    /// <summary>Makes a flow that holds nothing.</summary>
    /// <param name="name">The name in reports, or null for a number.</param>
    /// <param name="validator">The validator of the locks that are taken with it, or null for <see cref="LockValidator.Default"/>.</param>
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

    /// <summary>How many locks it holds; zero while the switch is off.</summary>
    public int HeldCount => _list?.Depth ?? 0;

    internal void Announce(LockMap map, in PendingHold pending)
    {
        LookAgainIfForgotten();
        LockHolder list = _list!;
        bool isUnderNothing = LockHolder.CurrentIfAny(_validator!) is not { Depth: > 0 };
        if (isUnderNothing && list.KnowsNext(pending.Own, pending.File))
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

    // Threads are told when the validator has forgotten something; a flow looks.
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
