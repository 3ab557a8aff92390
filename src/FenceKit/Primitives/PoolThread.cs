// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit;

/// <summary>
/// Tells the thread pool that one of its threads is about to sleep, so that the pool starts another thread instead at once. Otherwise it
/// adds one or two threads a second, and thirty requests that block for work of the pool stand still for half a minute.
/// </summary>
/// <remarks>
/// <para>
/// The runtime has no public member for this. Its own Task.Wait calls ThreadPool.NotifyThreadBlocked, which is internal, and so do
/// we. Sleeping inside Task.Wait would be the public way, and was rejected: it allocates at each wait, and what wakes it enters
/// an interruptible lock on the thread of the signaler, where an interrupt would lose the wake-up.
/// </para>
/// <para>
/// A runtime without the two members is not told, and blocking waits do there what they did before; a test fails on such a runtime. Threads that
/// are not of the pool, the thread pool of Windows, and a pool that is configured against it, answer false by themselves.
/// </para>
/// <para><b>Allocates</b>: nothing. <b>Blocks</b>: for a lock of the pool, which no interrupt ends.</para>
/// </remarks>
internal static class PoolThread
{
    private const BindingFlags Internal = BindingFlags.Static | BindingFlags.NonPublic;

    // The names stand in the calls themselves, where the trimmer finds them.
    private static readonly Func<bool>? s_beginSleep =
        Bind<Func<bool>>(typeof(System.Threading.ThreadPool).GetMethod("NotifyThreadBlocked", Internal, Type.EmptyTypes));

    private static readonly Action? s_endSleep =
        Bind<Action>(typeof(System.Threading.ThreadPool).GetMethod("NotifyThreadUnblocked", Internal, Type.EmptyTypes));

    /// <summary>Tells the pool that this thread is about to sleep, for however long.</summary>
    /// <returns>Whether the pool counts this thread as blocked, and <see cref="EndSleep"/> has to follow on the same thread.</returns>
    internal static bool BeginSleep() => s_endSleep is not null && s_beginSleep is not null && s_beginSleep();

    /// <summary>Tells the pool that the sleep is over, however it ended. Called where <see cref="BeginSleep"/> was true.</summary>
    internal static void EndSleep() => s_endSleep!();

    private static TDelegate? Bind<TDelegate>(MethodInfo? method)
        where TDelegate : Delegate =>
        method is null ? null : (TDelegate?)Delegate.CreateDelegate(typeof(TDelegate), method, throwOnBindFailure: false);
}
