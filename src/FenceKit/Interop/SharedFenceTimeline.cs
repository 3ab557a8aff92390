// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace FenceKit;

/// <summary>
/// A timeline in memory that several processes on one Linux machine share: one of them, the producer, signals, the others wait. The counter
/// is a shared word; signaling wakes the consumers by a futex. When the producer dies, or disposes the timeline, pending points fault. When
/// the producer signals a point with an error, it faults with <see cref="SharedFenceFaultException"/> in the other processes.
/// </summary>
/// <remarks>
/// <para>
/// The memory has no name in the file system. A consumer opens it by the producer's process id and <see cref="Descriptor"/>, which the
/// producer must tell it by other means, or gets the descriptor itself (over a Unix socket, or by inheritance).
/// </para>
/// <para>
/// <b>The other side is not trusted.</b> The memory is sealed, so that no process can truncate it while others map it; memory without these
/// seals is refused. Consumers map it read-only, and since Linux 5.1 only the producer can write to it at all. A counter that decreases is
/// ignored. A counter beyond the last issued point, or any other invalid content, ends the timeline with <see cref="InvalidDataException"/>.
/// The producer does not rely on anything that it reads from the memory. A producer that never signals cannot be told from a slow one: use
/// timeouts.
/// </para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. A consumer has one background thread.</para>
/// </remarks>
[DebuggerDisplay("{Name,nq}: {Completed} of {Issued}")]
public sealed partial class SharedFenceTimeline : IDisposable
{
    private const ulong Magic = 0x33_54_46_4B; // "KFT3", the version of the layout below
    private const int MagicAt = 0;
    private const int TurnAt = 8;        // int: changes with every signal; consumers wait for it by futex
    private const int EndedAt = 16;      // int: 1 when the producer has disposed the timeline
    private const int IssuedAt = 64;     // ulong
    private const int CompletedAt = 128; // ulong; on its own cache line
                                         // 192 and on: SharedFaults

    private readonly Lock _lock = new(); // keeps the page mapped while a call uses it
    private readonly SharedWords _words;
    private readonly FenceTimeline _local;
    private readonly SafeFileHandle? _memory; // the shared memory, kept open so that others can open it; null in a consumer
    private readonly SafeFileHandle? _peer;   // a pidfd of the producer; null in the producer
    private readonly Thread? _watcher;
    private readonly SharedFaults _faults;
    private int _users;       // users of the page and the descriptors: the owner until Dispose, and the watcher; the last one frees them
    private bool _disposed;   // written under the lock; the watcher reads it without

    /// <summary>Creates the producer's side.</summary>
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

    /// <summary>Creates the consumer's side.</summary>
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

    /// <summary>The name of the timeline in this process, for errors, reports and the debugger.</summary>
    public string Name { get; }

    /// <summary>
    /// The number of the producer's file descriptor of the memory. Other processes open the timeline by it and the process id, until the
    /// timeline is disposed. -1 in a consumer.
    /// </summary>
    public int Descriptor => _memory is { IsClosed: false } ? (int)_memory.DangerousGetHandle() : -1;

    /// <summary>The last point that the producer issued.</summary>
    public ulong Issued => _memory is null ? Math.Min(Read(IssuedAt), TimelineState.MaxIssuedByCount) : _local.Issued;

    /// <summary>The last point that is complete, as far as this process knows.</summary>
    public ulong Completed => _local.Completed;

    /// <summary>Creates a timeline whose producer is this process.</summary>
    /// <param name="name">The name of the timeline in this process. It is also visible in the memory maps of the processes that open it.</param>
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

    /// <summary>Opens the timeline of another process.</summary>
    /// <param name="name">The name of the timeline in this process.</param>
    /// <param name="producerProcessId">The id of the producer's process. When that ends, pending fences fault.</param>
    /// <param name="descriptor">The <see cref="Descriptor"/> of the timeline in the producer.</param>
    /// <returns>The consumer's side.</returns>
    /// <remarks>
    /// The kernel allows this to processes of the same user, by the rules for /proc. Otherwise the producer must pass the descriptor itself.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The process id or the descriptor is not a valid number.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x86-64 or arm64.</exception>
    /// <exception cref="IOException">
    /// The process or the descriptor does not exist or may not be opened, or no descriptor or thread is left.
    /// </exception>
    /// <exception cref="InvalidDataException">The memory is not a shared timeline, or lacks its seals.</exception>
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
                // The process has ended, so its id may have belonged to another process when the descriptor was opened.
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

    /// <summary>Opens the timeline of another process by a descriptor that it has passed on.</summary>
    /// <param name="name">The name of the timeline in this process.</param>
    /// <param name="producerProcessId">The id of the producer's process. When that ends, pending fences fault.</param>
    /// <param name="descriptor">The descriptor. The caller keeps owning it, and may close it afterwards.</param>
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

    /// <summary>Returns the fence of a point. It can be waited for like any other fence.</summary>
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
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        return _disposed ? 0 : Volatile.Read(ref _words.Long(offset));
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
