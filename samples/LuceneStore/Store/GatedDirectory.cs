// SPDX-License-Identifier: MIT
using Lucene.Net.Store;

namespace FenceKit.Samples.LuceneStore.Store;

/// <summary>
/// A directory of Lucene.NET whose files are mapped into memory and read through a <see cref="ReaderGate"/>: whoever disposes of a reader while it
/// is being searched gets clean <see cref="ObjectDisposedException"/>s in the searches, and never a read of memory that is gone.
/// </summary>
public sealed class GatedDirectory : FSDirectory
{
    private readonly MappedFiles _files = new();

    /// <summary>Opens a directory, which may be new.</summary>
    /// <param name="path">Where it is.</param>
    public GatedDirectory(string path)
        : base(new DirectoryInfo(path))
    {
    }

    /// <summary>How many files have been unmapped so far.</summary>
    public long UnmappedFiles => _files.Unmapped;

    /// <summary>How many files are mapped now.</summary>
    public int MappedFiles => _files.StillMapped;

    /// <inheritdoc/>
    public override IndexInput OpenInput(string name, IOContext context)
    {
        EnsureOpen();
        return new GatedIndexInput(_files, _files.Open(Path.Combine(Directory.FullName, name)));
    }

    /// <inheritdoc/>
    public override IndexInputSlicer CreateSlicer(string name, IOContext context)
    {
        EnsureOpen();
        return new Slicer(new GatedIndexInput(_files, _files.Open(Path.Combine(Directory.FullName, name))));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _files.Dispose();
        }
    }

    /// <summary>The parts of one compound file; they are closed with it.</summary>
    private sealed class Slicer(GatedIndexInput whole) : IndexInputSlicer
    {
        public override IndexInput OpenSlice(string sliceDescription, long offset, long length) => whole.Slice(sliceDescription, offset, length);

        [Obsolete("Only for indexes of Lucene 3.")]
        public override IndexInput OpenFullSlice() => whole.Slice("full slice", 0, whole.Length);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                whole.Dispose();
            }
        }
    }
}
