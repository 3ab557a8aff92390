// SPDX-License-Identifier: MIT
using static Tmds.Linux.LibC;

namespace FenceKit.Samples.CustomDriver.Linux;

/// <summary>What there is to read: a file in memory whose page n is full of the byte n, and a pipe that is empty until somebody writes.</summary>
internal sealed unsafe class DataSource : IDisposable
{
    internal static readonly int PageSize = Environment.SystemPageSize;
    private readonly int _pipeIn;
    private int _disposed;

    internal DataSource()
    {
        fixed (byte* name = "pages"u8)
        {
            File = Kernel.Check(memfd_create(name, MFD_CLOEXEC), "memfd_create");
        }

        for (int value = 0; value < 256; value++)
        {
            Write(File, (byte)value);
        }

        int* ends = stackalloc int[2];
        Kernel.Check(pipe2(ends, O_CLOEXEC), "pipe2");
        Pipe = ends[0];
        _pipeIn = ends[1];
    }

    internal int File { get; }

    /// <summary>A read from it does not end before <see cref="Feed"/>: a device that does not answer.</summary>
    internal int Pipe { get; }

    /// <summary>Lets one read from the pipe end.</summary>
    internal void Feed(byte value) => Write(_pipeIn, value);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _ = close(File);
            _ = close(Pipe);
            _ = close(_pipeIn);
        }
    }

    private static void Write(int descriptor, byte value)
    {
        byte[] page = new byte[PageSize];
        page.AsSpan().Fill(value);
        fixed (byte* bytes = page)
        {
            Kernel.Check(write(descriptor, bytes, page.Length), "write");
        }
    }
}
