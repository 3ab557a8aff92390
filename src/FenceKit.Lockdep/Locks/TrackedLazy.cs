// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A <see cref="Lazy{T}"/> that creates its value once: a thread that asks in the meantime waits for the factory, as for a lock. It reports
/// to a validator; when the validator is disabled, it is the bare <see cref="Lazy{T}"/>.
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <remarks>
/// Thread safe. Blocks where the wrapped <see cref="Lazy{T}"/> blocks. Once the value exists, reading it allocates only when the validator
/// sees something new.
/// </remarks>
[DebuggerDisplay("{_map}, made: {IsValueCreated}")]
public sealed class TrackedLazy<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>
{
    private readonly Lazy<T> _lazy;
    private readonly LockMap? _map;
    private readonly LockValidator? _validator;

    /// <summary>Creates an object without a value.</summary>
    /// <param name="factory">Creates the value, at most once at a time.</param>
    /// <param name="lockClass">The class.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="factory"/> or <paramref name="lockClass"/> is null.</exception>
    public TrackedLazy(Func<T> factory, LockClass lockClass, string? name = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(lockClass);
        _lazy = new Lazy<T>(factory, LazyThreadSafetyMode.ExecutionAndPublication);
        if (LockValidatorSwitch.IsEnabled)
        {
            _map = new LockMap(lockClass, name) { IsReentrant = true }; // Lazy itself reports a factory that asks for its own value.
            _validator = validator ?? LockValidator.Default;
        }
    }

    /// <summary>Whether the value exists.</summary>
    public bool IsValueCreated => _lazy.IsValueCreated;

    /// <summary>The map of this object; null while the validator is disabled.</summary>
    public LockMap? Map => _map;

    /// <summary>Returns the value, like <see cref="Lazy{T}.Value"/>.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no value was created.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T GetValue([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockValidatorSwitch.IsEnabled ? GetTracked(file, line) : _lazy.Value;

    private T GetTracked(string? file, int line)
    {
        _validator!.Acquire(_map!, file, line); // Recorded even if the value exists: the next process may ask for the value here first.
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
