// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Samples.LuceneStore.Store;

/// <summary>The mapped files of one directory: one owner, and one gate through which all of them are read.</summary>
internal sealed class MappedFiles : IDisposable
{
    // Readers copy a few bytes inside the gate, or wait for the disk; they never wait for anything else.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly InvalidationNotifier _notifier = new("mapped index files");
    private readonly ReaderGate _gate;
    private readonly ConcurrentDictionary<MappedFile, bool> _open = new();
    private long _opened;
    private long _unmapped;

    // Readers pass while something is being unmapped, as TryClose has put it out of reach before.
    internal MappedFiles() => _gate = new ReaderGate(_notifier, AddressRange.All, "index inputs", NewReaders.Pass);

    internal long Unmapped => Interlocked.Read(ref _unmapped);

    /// <summary>Files that nobody has closed, and files that a reader did not let go of in time: those stay mapped, better than unmapped too early.</summary>
    internal int StillMapped => _open.Count;

    internal MappedFile Open(string path)
    {
        var file = new MappedFile(path, AddressRange.FromLength((ulong)Interlocked.Increment(ref _opened), 1), _gate);
        _open[file] = true;
        return file;
    }

    /// <summary>Unmaps a file when the last read of it is over. Later reads find it closed; reads that are under way end in peace.</summary>
    internal void Close(MappedFile file)
    {
        if (!file.TryClose())
        {
            return;
        }

        try
        {
            _notifier.Invalidate(
                file.Range, InvalidationReason.Unmap, (Files: this, File: file), whileWaiting: null, static (closing, _) => closing.Files.Unmap(closing.File), s_patience);
        }
        catch (ObjectDisposedException)
        {
            // The whole directory is being closed, and unmaps the file with all others.
        }
    }

    /// <summary>Closes what is still open. Nobody enters the gate after this.</summary>
    public void Dispose()
    {
        foreach (MappedFile file in _open.Keys)
        {
            file.TryClose();
        }

        if (_notifier.Release(s_patience).Count == 0)
        {
            foreach (MappedFile file in _open.Keys)
            {
                Unmap(file);
            }
        }

        _gate.Dispose();
    }

    private void Unmap(MappedFile file)
    {
        if (_open.TryRemove(file, out _)) // a close and the end of the directory may both come to it
        {
            file.Unmap();
            Interlocked.Increment(ref _unmapped);
        }
    }
}
