// SPDX-License-Identifier: MIT

using FenceKit.Samples.Reclaim.Backends;
using FenceKit.Samples.Reclaim.Memory;

namespace FenceKit.Samples.Reclaim.Linux;

/// <summary>
/// The real device: io_uring with registered buffers, reading past the page cache so that requests stay in flight for a while.
/// </summary>
internal sealed class IoUringEngine : IReadEngine
{
    private const ulong WakeTag = ulong.MaxValue;
    private readonly MappedMemory _memory;
    private readonly DataFile _file;
    private readonly IoUring _ring;
    private readonly WakeEvent _wake = new();
    private readonly SafeDescriptor[] _files;
    private bool _isWakeArmed;

    public IoUringEngine(MappedMemory memory, DataFile file, int depth)
    {
        _memory = memory;
        _file = file;
        _ring = new IoUring(depth, memory.Buffers);
        _files = new SafeDescriptor[memory.Buffers];
        for (int i = 0; i < _files.Length; i++)
        {
            _files[i] = Open(file.Path);
        }
    }

    public void Pin(int buffer) => _ring.Register(buffer, _memory[buffer]);

    public void Unpin(int buffer) => _ring.Unregister(buffer);

    public bool TryRead(int buffer, int page, int block) =>
        _ring.TryPrepareRead(
            _files[buffer],
            _file.OffsetOf(block),
            slot: buffer,
            offset: page * _memory.PageSize,
            length: _memory.PageSize,
            tag: ((ulong)buffer << 48) | ((ulong)page << 32) | (uint)block);

    public void Cancel(int buffer) => _ring.CancelRequests(_files[buffer]);

    public int Exchange(Span<ReadCompletion> completions)
    {
        _isWakeArmed = _isWakeArmed || _ring.TryPreparePoll(_wake.Descriptor, WakeTag);
        _ring.Submit(wait: true);

        int count = 0;
        while (count < completions.Length && _ring.TryTakeCompletion(out RingCompletion completion))
        {
            if (completion.Tag == WakeTag)
            {
                _wake.Reset();
                _isWakeArmed = false;
                continue;
            }

            completions[count++] = new ReadCompletion(
                Buffer: (int)(completion.Tag >> 48),
                Page: (int)((completion.Tag >> 32) & 0xffff),
                Block: (int)(uint)completion.Tag,
                Outcome(completion.Result));
        }

        return count;
    }

    public void Wake() => _wake.Set();

    public void Dispose()
    {
        _ring.Dispose();
        _wake.Dispose();
        foreach (SafeDescriptor file in _files)
        {
            file.Dispose();
        }
    }

    private ReadOutcome Outcome(int result) =>
        result == _memory.PageSize ? ReadOutcome.Succeeded
        : result == -LinuxException.Cancelled ? ReadOutcome.Cancelled
        : ReadOutcome.Failed;

    /// <summary>A descriptor for each buffer: requests can be called back by descriptor, so this names those of one buffer.</summary>
    private static SafeDescriptor Open(string path)
    {
        const int ReadOnly = 0;
        int flags = ReadOnly | LinuxNumbers.CloseOnExec;
        nint descriptor = LinuxCalls.Open(path, flags | LinuxNumbers.OpenDirect, mode: 0);

        // Some file systems have no way past the cache. The sample stays right there; fewer requests are caught in flight.
        return SafeDescriptor.From(descriptor >= 0 ? descriptor : LinuxCalls.Open(path, flags, mode: 0), "open");
    }
}
