// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Lucene.Net.Store;

namespace FenceKit.Samples.LuceneStore.Store;

/// <summary>
/// Reads a mapped file. Enters the gate once for 64 bytes, which it copies into itself; single bytes and numbers come from there. So a read costs
/// less than a nanosecond more than one of an array, and what is read is never in memory that may go away.
/// </summary>
/// <remarks>As every input of Lucene, one thread uses it at a time, others use clones. Should two use one, they read nonsense, and nothing worse.</remarks>
internal sealed class GatedIndexInput : IndexInput
{
    private const int WindowBytes = 64;
    private const int LongestVInt = 5;

    private readonly MappedFiles _files;
    private readonly long _start; // of the slice, in the file
    private readonly long _length;
    private readonly bool _isOwner;
    private MappedFile? _file; // null once this input is closed; a clone does not close the file
    private long _windowAt;    // where the window begins, in the slice
    private int _next;         // in the window
    private int _filled;
    private Window _window;

    internal GatedIndexInput(MappedFiles files, MappedFile file)
        : this(files, file, $"GatedIndexInput(path=\"{file.Path}\")", 0, file.Length, isOwner: true)
    {
    }

    private GatedIndexInput(MappedFiles files, MappedFile file, string description, long start, long length, bool isOwner)
        : base(description)
    {
        _files = files;
        _file = file;
        _start = start;
        _length = length;
        _isOwner = isOwner;
    }

    public override long Length => _length;

    public override long Position => _windowAt + _next;

    internal GatedIndexInput Slice(string description, long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _length - length);
        return new GatedIndexInput(_files, OpenFile(), $"{this} [slice={description}]", _start + offset, length, isOwner: false);
    }

    public override object Clone() => new GatedIndexInput(_files, OpenFile(), ToString(), _start, _length, isOwner: false) { _windowAt = Position };

    public override void Seek(long pos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pos);
        long inWindow = pos - _windowAt;
        if ((ulong)inWindow <= (ulong)_filled)
        {
            _next = (int)inWindow;
        }
        else if (pos <= _length)
        {
            (_windowAt, _next, _filled) = (pos, 0, 0);
        }
        else
        {
            ThrowPastEnd();
        }
    }

    public override byte ReadByte()
    {
        int next = _next;
        if (next >= _filled)
        {
            Fill(1);
            next = 0;
        }

        _next = next + 1;
        return _window[next];
    }

    public override short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(sizeof(short)));

    public override int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

    public override long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    public override int ReadVInt32()
    {
        if (_filled - _next < LongestVInt && _length - Position >= LongestVInt)
        {
            Fill(LongestVInt);
        }

        int value = 0;
        for (int shift = 0; shift < 28; shift += 7)
        {
            byte part = ReadByte();
            value |= (part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        byte last = ReadByte(); // four bits are left
        return last <= 0x0F ? value | (last << 28) : throw new IOException($"Not a number of variable length: {this}");
    }

    public override void ReadBytes(byte[] b, int offset, int len)
    {
        Span<byte> destination = b.AsSpan(offset, len);
        ReadOnlySpan<byte> window = ((ReadOnlySpan<byte>)_window)[Math.Min(_next, _filled).._filled];
        if (len <= window.Length)
        {
            window[..len].CopyTo(destination);
            _next += len;
            return;
        }

        if (len < WindowBytes / 2 && _length - Position >= len)
        {
            Take(len).CopyTo(destination);
            return;
        }

        // Straight from the file, past the window.
        long position = Position;
        if (len > _length - position)
        {
            ThrowPastEnd();
        }

        if (!OpenFile().TryRead(_start + position, destination))
        {
            ThrowClosed();
        }

        (_windowAt, _next, _filled) = (position + len, 0, 0);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _file, null) is { } file)
        {
            (_windowAt, _next, _filled) = (Position, 0, 0);
            if (_isOwner)
            {
                _files.Close(file);
            }
        }
    }

    /// <summary>The next bytes; read on from there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int count)
    {
        if (_filled - _next < count)
        {
            Fill(count);
        }

        ReadOnlySpan<byte> taken = ((ReadOnlySpan<byte>)_window).Slice(_next, count);
        _next += count;
        return taken;
    }

    /// <summary>Begins the window at the present position, with that many bytes at least.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fill(int least)
    {
        MappedFile file = OpenFile();
        long position = Position;
        long left = _length - position;
        if (left < least)
        {
            ThrowPastEnd();
        }

        int count = (int)Math.Min(WindowBytes, left);
        bool wasOpen = count == WindowBytes
            ? file.TryRead(_start + position, _window) // a copy of known length
            : file.TryRead(_start + position, ((Span<byte>)_window)[..count]);
        if (!wasOpen)
        {
            ThrowClosed();
        }

        (_windowAt, _next, _filled) = (position, 0, count);
    }

    private MappedFile OpenFile() => Volatile.Read(ref _file) is { } file ? file : ThrowClosed();

    [DoesNotReturn]
    private MappedFile ThrowClosed() => throw new ObjectDisposedException(GetType().FullName, $"Already closed: {this}");

    [DoesNotReturn]
    private void ThrowPastEnd() => throw new EndOfStreamException($"Read past the end: {this}");

    [InlineArray(WindowBytes)]
    private struct Window
    {
        private byte _first;
    }
}
