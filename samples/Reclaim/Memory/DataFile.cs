// SPDX-License-Identifier: MIT

using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace FenceKit.Samples.Reclaim.Memory;

/// <summary>The file on disk that backs the memory: blocks of one page each, all different, none of them zero.</summary>
internal sealed class DataFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    public DataFile(int blocks)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        Blocks = blocks;
        BlockSize = Environment.SystemPageSize;
        Path = System.IO.Path.Combine(FindDirectoryOnDisk(), $"fencekit-reclaim-{Environment.ProcessId}-{Guid.NewGuid():N}.data");
        _handle = File.OpenHandle(
            Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.DeleteOnClose, preallocationSize: Length);
        Fill();
    }

    public string Path { get; }

    public int Blocks { get; }

    public int BlockSize { get; }

    public long Length => (long)Blocks * BlockSize;

    public long OffsetOf(int block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, Blocks);
        return (long)block * BlockSize;
    }

    /// <summary>Reads one block the ordinary way, by no device and through nobody's pins.</summary>
    public void Read(int block, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, BlockSize);
        long offset = OffsetOf(block);
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
            {
                throw new EndOfStreamException($"{Path} is shorter than it was.");
            }

            destination = destination[read..];
            offset += read;
        }
    }

    public void Dispose() => _handle.Dispose();

    private void Fill()
    {
        byte[] content = RandomNumberGenerator.GetBytes(BlockSize);
        for (int block = 0; block < Blocks; block++)
        {
            // The number of the block makes it unlike any other; the random part makes it unlike any earlier run's.
            BitConverter.TryWriteBytes(content, block + 1L);
            RandomAccess.Write(_handle, content, OffsetOf(block));
        }

        RandomAccess.FlushToDisk(_handle);
    }

    /// <summary>A file in memory would have nothing to read from, so /tmp is taken only where it lies on a disk.</summary>
    private static string FindDirectoryOnDisk()
    {
        string temporary = System.IO.Path.GetTempPath();
        string[] candidates = OperatingSystem.IsLinux() ? [temporary, "/var/tmp"] : [temporary];
        return Array.Find(candidates, static path => Directory.Exists(path) && new DriveInfo(path).DriveFormat != "tmpfs") ?? temporary;
    }
}
