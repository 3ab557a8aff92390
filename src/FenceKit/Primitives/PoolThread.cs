// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit;

/// <summary>
/// Tells the thread pool that one of its threads is about to block, so that the pool starts a replacement at once. Otherwise it adds one or
/// two threads a second, and thirty requests that wait for other work of the pool would stand still for half a minute.
/// </summary>
/// <remarks>
/// <para>
/// The runtime has no public member for this. Its own Task.Wait calls ThreadPool.NotifyThreadBlocked, which is internal, and so does this
/// class. Waiting by Task.Wait would be the public way, but it allocates for each wait, and waking it enters an interruptible lock on the
/// signaler's thread, where an interrupt would lose the wake-up.
/// </para>
/// <para>
/// On a runtime without the two members this class does nothing; a test fails on such a runtime. For a thread outside the pool, with the
/// Windows thread pool, and where the configuration turns this off, the runtime itself returns false.
/// </para>
/// <para><b>Allocates</b>: nothing. <b>Blocks</b>: for a lock of the pool, which no interrupt ends.</para>
/// </remarks>
internal static class PoolThread
{
    private const BindingFlags Internal = BindingFlags.Static | BindingFlags.NonPublic;

    // The names are literals in the calls of GetMethod, so that the trimmer keeps the methods.
    private static readonly Func<bool>? s_beginSleep =
        Bind<Func<bool>>(typeof(System.Threading.ThreadPool).GetMethod("NotifyThreadBlocked", Internal, Type.EmptyTypes));

    private static readonly Action? s_endSleep =
        Bind<Action>(typeof(System.Threading.ThreadPool).GetMethod("NotifyThreadUnblocked", Internal, Type.EmptyTypes));

    /// <summary>Tells the pool that this thread is about to block.</summary>
    /// <returns>Whether the pool counts this thread as blocked. If so, <see cref="EndSleep"/> must follow on the same thread.</returns>
    internal static bool BeginSleep() => s_endSleep is not null && s_beginSleep is not null && s_beginSleep();

    /// <summary>Tells the pool that this thread no longer blocks. Called only if <see cref="BeginSleep"/> returned true.</summary>
    internal static void EndSleep() => s_endSleep!();

    private static TDelegate? Bind<TDelegate>(MethodInfo? method)
        where TDelegate : Delegate =>
        method is null ? null : (TDelegate?)Delegate.CreateDelegate(typeof(TDelegate), method, throwOnBindFailure: false);
}
