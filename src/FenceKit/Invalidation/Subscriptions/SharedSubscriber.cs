// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A reference to an object that all users of one notifier share; see <see cref="InvalidationNotifier.GetOrCreate"/>.</summary>
/// <typeparam name="T">The type of the shared object.</typeparam>
[DebuggerDisplay("{Value}")]
public sealed class SharedSubscriber<T> : IDisposable
    where T : class, IDisposable
{
    private Action? _release;

    internal SharedSubscriber(T value, Action release)
    {
        Value = value;
        _release = release;
    }

    /// <summary>The shared object. Do not dispose it; dispose the reference.</summary>
    public T Value { get; }

    /// <summary>Releases the reference; the last release disposes the object. A second call does nothing.</summary>
    /// <remarks>
    /// An exception of the object's Dispose is thrown here. Inside a callback, where Dispose runs on the thread pool, it is reported
    /// through <see cref="FenceTimeline.CallbackFaulted"/>.
    /// </remarks>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
