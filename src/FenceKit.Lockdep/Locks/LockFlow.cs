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
        Push(map, pending);
        _validator!.JudgeUnderThread(_list!, map);
        _list!.TryPopTop(map);
    }

    internal void Hold(LockMap map, in PendingHold pending) => Push(map, pending);

    internal void Release(LockMap map) => _list!.Release(map);

    private void Push(LockMap map, in PendingHold pending)
    {
        if (_seed != _validator!.Seed)
        {
            _seed = _validator.Seed;
            _list!.MarkStale(); // the validator has forgotten something; threads are told, a flow looks
        }

        if (!_list!.TryPushKnown(map, pending.Own, pending.File))
        {
            _validator.AcquireSlow(_list, map, pending.Shape, null, pending.Own, pending.File, pending.Line);
        }
    }
}
