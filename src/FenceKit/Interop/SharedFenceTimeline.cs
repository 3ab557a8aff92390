// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>
/// A timeline in memory that two or more processes on one Linux machine share: one produces, the others wait. The counter is the shared
/// word itself; signaling wakes the others by futex. A producer that dies, or disposes it, with points pending faults them; one that says that
/// a point failed faults it with <see cref="SharedFenceFaultException"/> there.
/// </summary>
/// <remarks>
/// <para>
/// The memory has no name in any file system: others open it by the producer's process id and <see cref="Descriptor"/>, which the producer
/// tells them in whatever way it likes, or get the descriptor itself (over a Unix socket, by inheritance).
/// </para>
/// <para>
/// <b>The other side is not trusted.</b> The memory is sealed, so nobody can shorten it under those who map it, and what is not sealed
/// so is refused. Consumers map it read-only; where the kernel allows (Linux 5.1) nobody but the producer can write to it at all. A
/// counter that goes back is ignored; one beyond what was issued, or any other nonsense, ends the timeline with
/// <see cref="InvalidDataException"/>. The producer believes nothing that it reads there. A producer that does not signal cannot be
/// told from a slow one: waits have timeouts.
/// </para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. A consumer keeps one background thread.</para>
/// </remarks>
[DebuggerDisplay("{Name,nq}: {Completed} of {Issued}")]
public sealed partial class SharedFenceTimeline : IDisposable
{
    private const ulong Magic = 0x33_54_46_4B; // "KFT3", and the layout below
    private const int MagicAt = 0;
    private const int TurnAt = 8;        // int: changes with every signal; the futex
    private const int EndedAt = 16;      // int: 1 when the producer has disposed it
    private const int IssuedAt = 64;     // ulong
    private const int CompletedAt = 128; // ulong; a line of its own
                                         // 192 and on: SharedFaults

    private readonly Lock _lock = new(); // keeps the page mapped while a call touches it
    private readonly SharedWords _words;
    private readonly FenceTimeline _local;
    private readonly SafeFileHandle? _memory; // the producer's, so that others can open it; null for a consumer
    private readonly SafeFileHandle? _peer;   // the producer's process; null for the producer itself
    private readonly Thread? _watcher;
    private readonly SharedFaults _faults;
    private int _users;       // of the page and the descriptors: Dispose, and the watcher. The last one to leave closes them
    private bool _disposed;   // under the lock; Volatile.Read by the watcher

    /// <summary>The producer's side.</summary>
    private SharedFenceTimeline(string name, SafeFileHandle memory)
    {
        Name = name;
        _memory = memory;
        _local = new FenceTimeline(name);
        _words = SharedWords.Create(memory);
        _faults = new SharedFaults(_words);
        _users = 1;
        Volatile.Write(ref _words.Long(MagicAt), Magic);
    }

    /// <summary>The consumer's side.</summary>
    private SharedFenceTimeline(string name, SharedWords words, SafeFileHandle peer)
    {
        Name = name;
        _words = words;
        _faults = new SharedFaults(words);
        _peer = peer;
        _local = new FenceTimeline(name);
        _users = 2;
        _watcher = new Thread(Watch) { IsBackground = true, Name = $"FenceKit {name}" };
        LinuxFences.Start(_watcher);
    }

    /// <summary>What this process calls it: it appears in errors, reports and the debugger.</summary>
    public string Name { get; }

    /// <summary>
    /// The number under which this process keeps the memory open. Others open it with that and the process id, as long as the timeline is
    /// not disposed. -1 for a consumer.
    /// </summary>
    public int Descriptor => _memory is { IsClosed: false } ? (int)_memory.DangerousGetHandle() : -1;

    /// <summary>The last point that the producer issued.</summary>
    public ulong Issued => _memory is null ? Math.Min(Read(IssuedAt), TimelineState.MaxIssuedByCount) : _local.Issued;

    /// <summary>The last point that is complete, as far as this process has heard.</summary>
    public ulong Completed => _local.Completed;

    /// <summary>Makes a timeline that this process produces.</summary>
    /// <param name="name">What this process calls it. It stands in the maps of the processes that open it, too.</param>
    /// <returns>The producer's side.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    /// <exception cref="IOException">No memory, or no descriptor, is left.</exception>
    public static SharedFenceTimeline Create(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        LinuxFences.ThrowIfNotSupported();
        SafeFileHandle memory = LinuxNative.CreateMemory(name);
        try
        {
            return new SharedFenceTimeline(name, memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Opens a timeline that another process produces.</summary>
    /// <param name="name">What this process calls it.</param>
    /// <param name="producerProcessId">The process that produces: when it ends, what is pending faults.</param>
    /// <param name="descriptor">The <see cref="Descriptor"/> of the timeline there.</param>
    /// <returns>The consumer's side.</returns>
    /// <remarks>
    /// The kernel allows it to processes of the same user, as it does to look into each other's /proc; otherwise hand the descriptor over.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id or descriptor that cannot be one.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    /// <exception cref="IOException">The process or the descriptor does not exist, or may not be opened; or no descriptor or thread is left.</exception>
    /// <exception cref="InvalidDataException">It is not a shared timeline, or not sealed as one.</exception>
    public static SharedFenceTimeline Open(string name, int producerProcessId, int descriptor)
    {
        CheckPeer(name, producerProcessId);
        ArgumentOutOfRangeException.ThrowIfNegative(descriptor);
        SafeFileHandle peer = LinuxFences.OpenProcess(producerProcessId);
        try
        {
            using SafeFileHandle memory = LinuxNative.OpenDescriptorOf(producerProcessId, descriptor);
            if (LinuxNative.WaitReadable(peer, milliseconds: 0))
            {
                // It has ended, so the number may have been another process's when we opened the descriptor.
                throw new IOException($"The process {producerProcessId} has ended.");
            }

            return Open(name, peer, memory);
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>Opens a timeline that another process produces, through a descriptor that it handed over.</summary>
    /// <param name="name">What this process calls it.</param>
    /// <param name="producerProcessId">The process that produces: when it ends, what is pending faults.</param>
    /// <param name="descriptor">The descriptor; it stays the caller's and may be closed afterwards.</param>
    /// <returns>The consumer's side.</returns>
    /// <inheritdoc cref="Open(string, int, int)"/>
    public static SharedFenceTimeline Open(string name, int producerProcessId, SafeFileHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        CheckPeer(name, producerProcessId);
        SafeFileHandle peer = LinuxFences.OpenProcess(producerProcessId);
        try
        {
            return Open(name, peer, descriptor);
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>The fence of a point, to be waited for as any other.</summary>
    /// <param name="point">A point that the producer has issued.</param>
    /// <returns>The fence.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The producer has not issued the point.</exception>
    public Fence GetFence(ulong point)
    {
        ulong issued = Issued;
        if (point > issued && point > _local.Completed)
        {
            FenceThrow.PointNeverIssued(Name, point, issued);
        }

        return new Fence(_local, point);
    }

    private ulong Read(int offset)
    {
        _lock.EnterShielded();
        try
        {
            return _disposed ? 0 : Volatile.Read(ref _words.Long(offset));
        }
        finally
        {
            _lock.Exit();
        }
    }

    private static SharedFenceTimeline Open(string name, SafeFileHandle peer, SafeFileHandle memory)
    {
        SharedWords words = SharedWords.Open(memory);
        try
        {
            return Volatile.Read(ref words.Long(MagicAt)) == Magic
                ? new SharedFenceTimeline(name, words, peer)
                : throw new InvalidDataException("This is not a shared timeline: it does not begin as one.");
        }
        catch
        {
            words.Dispose();
            throw;
        }
    }

    private static void CheckPeer(string name, int producerProcessId)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(producerProcessId, 1);
        LinuxFences.ThrowIfNotSupported();
    }
}
