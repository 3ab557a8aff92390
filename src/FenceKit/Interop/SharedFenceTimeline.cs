// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A timeline in memory that two or more processes on one Linux machine share: one produces, the others wait. The counter is the shared
/// word itself; signaling wakes the others by futex. A producer that dies with points pending faults them.
/// </summary>
/// <remarks>
/// <para>
/// What the other side writes is not trusted: a counter that goes back is ignored, and one beyond what was issued ends the timeline with
/// <see cref="InvalidDataException"/>. Nothing that a peer writes makes this process read outside the page.
/// </para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. A consumer keeps one background thread.</para>
/// </remarks>
[DebuggerDisplay("{Name,nq}: {Completed} of {Issued}")]
public sealed class SharedFenceTimeline : IDisposable
{
    private const ulong Magic = 0x31_54_46_4B; // "KFT1", and the layout below
    private const int MagicAt = 0;
    private const int TurnAt = 8;       // int: changes with every signal; the futex
    private const int IssuedAt = 64;    // ulong
    private const int CompletedAt = 128; // ulong; a line of its own

    private const int LookMilliseconds = 100; // how long the death of a producer may go unnoticed

    private readonly Lock _gate = new(); // keeps the page mapped while a call touches it
    private readonly SharedWords _words;
    private readonly FenceTimeline _local;
    private readonly bool _isProducer;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle? _peer;
    private readonly Thread? _watcher;
    private bool _disposed; // under the gate; Volatile.Read by the watcher

    private SharedFenceTimeline(string path, bool create, int producerProcessId)
    {
        LinuxFences.ThrowIfNotSupported();
        _isProducer = create;
        _words = new SharedWords(path, create);
        try
        {
            if (create)
            {
                Volatile.Write(ref _words.Long(MagicAt), Magic);
            }
            else
            {
                if (Volatile.Read(ref _words.Long(MagicAt)) != Magic)
                {
                    throw new InvalidDataException($"'{path}' is not a shared timeline.");
                }

                _peer = LinuxFences.OpenProcess(producerProcessId);
            }
        }
        catch
        {
            _words.Dispose();
            throw;
        }

        Name = Path.GetFileName(path);
        _local = new FenceTimeline(Name);
        if (!create)
        {
            _watcher = new Thread(Watch) { IsBackground = true, Name = $"FenceKit {Name}" };
            _watcher.Start();
        }
    }

    /// <summary>The name of the file.</summary>
    public string Name { get; }

    /// <summary>The last point that the producer issued.</summary>
    public ulong Issued => Math.Min(Read(IssuedAt), TimelineState.MaxIssuedByCount);

    /// <summary>The last point that is complete, as far as this process has heard.</summary>
    public ulong Completed => _local.Completed;

    /// <summary>Makes a timeline that this process produces.</summary>
    /// <param name="path">A new file, best in /dev/shm. It is the caller's to delete; others may open it until then.</param>
    /// <returns>The producer's side.</returns>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    /// <exception cref="IOException">The file exists, or cannot be made.</exception>
    public static SharedFenceTimeline Create(string path) => new(path, create: true, producerProcessId: 0);

    /// <summary>Opens a timeline that another process produces.</summary>
    /// <param name="path">The file.</param>
    /// <param name="producerProcessId">The process that produces: when it ends, what is pending faults.</param>
    /// <returns>The consumer's side.</returns>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    /// <exception cref="IOException">The file or the process does not exist.</exception>
    /// <exception cref="InvalidDataException">The file is not a shared timeline.</exception>
    public static SharedFenceTimeline Open(string path, int producerProcessId) => new(path, create: false, producerProcessId);

    /// <summary>Hands out the next point. Producer only.</summary>
    /// <returns>The fence; the other processes know it by its <see cref="Fence.Point"/>.</returns>
    /// <exception cref="InvalidOperationException">This process is a consumer.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public Fence Issue()
    {
        CheckProducer();
        _gate.EnterShielded();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Fence fence = _local.Issue();
            Volatile.Write(ref _words.Long(IssuedAt), fence.Point); // before anybody can hear of the point from us
            return fence;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Completes every point up to a fence, in all processes. Producer only.</summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <returns>True for the call that moved the counter.</returns>
    /// <remarks>One system call wakes the others.</remarks>
    /// <exception cref="InvalidOperationException">This process is a consumer.</exception>
    /// <exception cref="ArgumentException">The fence is of another timeline.</exception>
    public bool Signal(Fence fence)
    {
        CheckProducer();
        if (!_local.Signal(fence))
        {
            return false;
        }

        _gate.EnterShielded();
        try
        {
            if (!_disposed && Volatile.Read(ref _words.Long(CompletedAt)) < fence.Point)
            {
                Volatile.Write(ref _words.Long(CompletedAt), fence.Point);
                Interlocked.Increment(ref _words.Int(TurnAt)); // after the counter: who sees the turn sees the point
                LinuxNative.FutexWakeAll(_words.AddressOf(TurnAt));
            }
        }
        finally
        {
            _gate.Exit();
        }

        return true;
    }

    /// <summary>The fence of a point, to be waited for as any other.</summary>
    /// <param name="point">A point that the producer has issued.</param>
    /// <returns>The fence.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The producer has not issued the point.</exception>
    public Fence GetFence(ulong point)
    {
        ulong issued = _isProducer ? _local.Issued : Issued;
        if (point > issued && point > _local.Completed)
        {
            FenceThrow.PointNeverIssued(Name, point, issued);
        }

        return new Fence(_local, point);
    }

    /// <summary>Ends this side. Pending fences of this process fault; the file stays.</summary>
    public void Dispose()
    {
        _gate.EnterShielded();
        try
        {
            if (_disposed)
            {
                return;
            }

            Volatile.Write(ref _disposed, true);
            LinuxNative.FutexWakeAll(_words.AddressOf(TurnAt)); // our own watcher, too
        }
        finally
        {
            _gate.Exit();
        }

        if (_watcher is not null && _watcher != Thread.CurrentThread)
        {
            _watcher.Join(); // it looks at the page
        }

        _local.Poison(new FenceAbandonedException($"The shared timeline '{Name}' was disposed."));
        _local.Dispose();
        _peer?.Dispose();
        _words.Dispose();
    }

    private ulong Read(int offset)
    {
        _gate.EnterShielded();
        try
        {
            return _disposed ? 0 : Volatile.Read(ref _words.Long(offset));
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void Watch()
    {
        while (!Volatile.Read(ref _disposed))
        {
            int turn = Volatile.Read(ref _words.Int(TurnAt)); // before the counter: a signal after this look changes the word we sleep on
            bool isPeerDead = LinuxNative.WaitReadable(_peer!, milliseconds: 0); // before the counter, too: it may have signaled last of all
            if (!TryTakeOver() || isPeerDead)
            {
                End(isPeerDead);
                return;
            }

            LinuxNative.FutexWait(_words.AddressOf(TurnAt), turn, LookMilliseconds);
        }
    }

    /// <summary>Brings the local counter to the shared one; false when the shared one cannot be.</summary>
    private bool TryTakeOver()
    {
        ulong completed = Volatile.Read(ref _words.Long(CompletedAt));
        ulong issued = Volatile.Read(ref _words.Long(IssuedAt));
        if (completed > issued || issued > TimelineState.MaxIssuedByCount)
        {
            return false;
        }

        if (completed > _local.Completed)
        {
            _local.SignalCore(TimelineState.TargetOf(completed));
        }

        return true;
    }

    private void End(bool isPeerDead) => _local.Poison(isPeerDead
        ? new FenceAbandonedException($"The process that produces the shared timeline '{Name}' has ended; nobody will signal what was pending.")
        : new InvalidDataException($"The counters of the shared timeline '{Name}' make no sense; its producer cannot be trusted."));

    private void CheckProducer()
    {
        if (!_isProducer)
        {
            throw new InvalidOperationException($"The shared timeline '{Name}' is produced by another process.");
        }
    }
}
