// SPDX-License-Identifier: MIT
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace FenceKit.Samples.MappedStore.Store;

/// <summary>The data: key k stands at offset 8 k. Divided into segments, which are mapped and unmapped one by one.</summary>
internal sealed class DataFile : IDisposable
{
    internal const int SegmentBytes = 4 << 20;
    internal const int KeysPerSegment = SegmentBytes / sizeof(ulong);

    private readonly MemoryMappedFile _map;

    private DataFile(string path, int segments)
    {
        Path = path;
        Segments = segments;
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
    }

    internal string Path { get; }

    internal int Segments { get; }

    /// <summary>The file of that size in the temp folder; written if it is not there yet.</summary>
    internal static DataFile Open(int megabytes)
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"fencekit-mappedstore-{megabytes}.data");
        long length = (long)megabytes << 20;
        if (!File.Exists(path) || new FileInfo(path).Length != length)
        {
            Generate(path, length);
        }

        return new DataFile(path, (int)(length / SegmentBytes));
    }

    /// <summary>What stands under a key: anything that cannot be guessed from its neighbours.</summary>
    internal static ulong ValueOf(ulong key)
    {
        ulong mixed = (key + 1) * 0x9E3779B97F4A7C15;
        mixed ^= mixed >> 32;
        return mixed * 0xD6E8FEB86659FD93;
    }

    internal MemoryMappedViewAccessor View(int segment) =>
        _map.CreateViewAccessor((long)segment * SegmentBytes, SegmentBytes, MemoryMappedFileAccess.Read);

    public void Dispose() => _map.Dispose();

    private static void Generate(string path, long length)
    {
        // Under another name until it is complete, so that a run that is interrupted leaves no half file.
        string unfinished = $"{path}.{Environment.ProcessId}";
        var keys = new ulong[1 << 16];
        using (var stream = new FileStream(unfinished, FileMode.Create, FileAccess.Write))
        {
            for (ulong first = 0; first < (ulong)length / sizeof(ulong); first += (ulong)keys.Length)
            {
                for (int index = 0; index < keys.Length; index++)
                {
                    keys[index] = ValueOf(first + (ulong)index);
                }

                stream.Write(MemoryMarshal.AsBytes(keys.AsSpan()));
            }
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
