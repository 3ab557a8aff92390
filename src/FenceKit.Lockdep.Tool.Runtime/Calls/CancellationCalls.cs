// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for registrations with a <see cref="CancellationToken"/>: while the callback runs, a thread that disposes the registration
/// waits for it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.CancellationToken")]
public static class CancellationCalls
{
    public static CancellationTokenRegistration Register(ref CancellationToken target, Action callback, LockCallSite site)
        => Register(ref target, callback, useSynchronizationContext: false, site);

    public static CancellationTokenRegistration Register(ref CancellationToken target, Action callback, bool useSynchronizationContext, LockCallSite site)
    {
        if (!Session.IsOn || callback is null)
        {
            return target.Register(callback!, useSynchronizationContext);
        }

        RunningCallback running = new(site, callback, LinkedSourceCalls.MapOf(ref target));
        return running.Known(target.Register(() =>
        {
            using (running.Enter())
            {
                callback();
            }
        }, useSynchronizationContext));
    }

    public static CancellationTokenRegistration Register(ref CancellationToken target, Action<object?> callback, object? state, LockCallSite site)
        => Register(ref target, callback, state, useSynchronizationContext: false, site);

    public static CancellationTokenRegistration Register(
        ref CancellationToken target, Action<object?> callback, object? state, bool useSynchronizationContext, LockCallSite site)
    {
        if (!Session.IsOn || callback is null)
        {
            return target.Register(callback!, state, useSynchronizationContext);
        }

        RunningCallback running = new(site, callback, LinkedSourceCalls.MapOf(ref target));
        return running.Known(target.Register(running.Wrap(callback), state, useSynchronizationContext));
    }

    public static CancellationTokenRegistration Register(ref CancellationToken target, Action<object?, CancellationToken> callback, object? state, LockCallSite site)
    {
        if (!Session.IsOn || callback is null)
        {
            return target.Register(callback!, state);
        }

        RunningCallback running = new(site, callback, LinkedSourceCalls.MapOf(ref target));
        return running.Known(target.Register(running.Wrap(callback), state));
    }

    public static CancellationTokenRegistration UnsafeRegister(ref CancellationToken target, Action<object?> callback, object? state, LockCallSite site)
    {
        if (!Session.IsOn || callback is null)
        {
            return target.UnsafeRegister(callback!, state);
        }

        RunningCallback running = new(site, callback, LinkedSourceCalls.MapOf(ref target));
        return running.Known(target.UnsafeRegister(running.Wrap(callback), state));
    }

    public static CancellationTokenRegistration UnsafeRegister(
        ref CancellationToken target, Action<object?, CancellationToken> callback, object? state, LockCallSite site)
    {
        if (!Session.IsOn || callback is null)
        {
            return target.UnsafeRegister(callback!, state);
        }

        RunningCallback running = new(site, callback, LinkedSourceCalls.MapOf(ref target));
        return running.Known(target.UnsafeRegister(running.Wrap(callback), state));
    }
}

/// <summary>Replacements for the end of a registration. <c>Unregister</c> does not wait, so it is not replaced.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.CancellationTokenRegistration")]
public static class RegistrationCalls
{
    public static void Dispose(ref CancellationTokenRegistration target, LockCallSite site)
    {
        using HangWatch.Waiting waiting = WaitFor(target, site);
        target.Dispose();
    }

    public static ValueTask DisposeAsync(ref CancellationTokenRegistration target, LockCallSite site)
    {
        WaitFor(target, site).Dispose(); // the flow waits, and the thread continues
        return target.DisposeAsync();
    }

    private static HangWatch.Waiting WaitFor(CancellationTokenRegistration target, LockCallSite site)
    {
        RunningCallback? running = Session.IsOn ? RunningCallback.Of(target) : null;
        running?.WaitFor(site);
        return HangWatch.Wait(running?.Map, site);
    }

    /// <summary>Replaces boxing a registration that is passed on as <see cref="IDisposable"/> or <see cref="IAsyncDisposable"/>.</summary>
    public static object Box(CancellationTokenRegistration target, LockCallSite site) => new Boxed(target, site);

    private sealed class Boxed(CancellationTokenRegistration registration, LockCallSite site) : IDisposable, IAsyncDisposable
    {
        private CancellationTokenRegistration _registration = registration;

        public void Dispose() => RegistrationCalls.Dispose(ref _registration, site);

        public ValueTask DisposeAsync() => RegistrationCalls.DisposeAsync(ref _registration, site);
    }
}
