// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A <see cref="Lazy{T}"/> that makes its value once: a thread that asks meanwhile waits for the factory, as for a lock. Reports to a validator; off, it is the bare
/// <see cref="Lazy{T}"/>.
/// </summary>
/// <typeparam name="T">What it makes.</typeparam>
/// <remarks>Thread safe. Blocks where the wrapped one blocks. Once the value is there, asking allocates only when the validator sees something new.</remarks>
[DebuggerDisplay("{_map}, made: {IsValueCreated}")]
public sealed class TrackedLazy<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>
{
    private readonly Lazy<T> _lazy;
    private readonly LockMap? _map;
    private readonly LockValidator? _validator;

    /// <summary>Makes one that has no value yet.</summary>
    /// <param name="factory">Makes the value, at most once at a time.</param>
    /// <param name="lockClass">The class.</param>
    /// <param name="name">The name of this one in reports, or null for a number.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="factory"/> or <paramref name="lockClass"/> is null.</exception>
    public TrackedLazy(Func<T> factory, LockClass lockClass, string? name = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(lockClass);
        _lazy = new Lazy<T>(factory, LazyThreadSafetyMode.ExecutionAndPublication);
        if (LockValidatorSwitch.IsEnabled)
        {
            _map = new LockMap(lockClass, name) { IsReentrant = true }; // a factory that asks for its own value is told so by the Lazy
            _validator = validator ?? LockValidator.Default;
        }
    }

    /// <summary>Whether the value is there.</summary>
    public bool IsValueCreated => _lazy.IsValueCreated;

    /// <summary>It as the validator sees it; null while the switch is off.</summary>
    public LockMap? Map => _map;

    /// <summary>The value. As <see cref="Lazy{T}.Value"/>.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; nothing was made.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T GetValue([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockValidatorSwitch.IsEnabled ? GetTracked(file, line) : _lazy.Value;

    private T GetTracked(string? file, int line)
    {
        _validator!.Acquire(_map!, file, line); // also where it is there already: the next process may ask here first
        try
        {
            return _lazy.Value;
        }
        finally
        {
            _validator.Release(_map!);
        }
    }
}
