// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Appends each report to a text file. Several processes may share one file, so a whole run can be asked for what it found.</summary>
/// <remarks>
/// Thread safe. The file is made by the first report. A report that cannot be written throws; the validator counts that and says so once on
/// standard error, and the code that takes the lock goes on.
/// </remarks>
[DebuggerDisplay("appends to {_path}")]
public sealed class FileSink : ILockViolationSink
{
    private readonly UninterruptedLock _gate = new();
    private readonly string _path;

    /// <summary>Makes the sink.</summary>
    /// <param name="path">The file; relative to the current directory of this moment.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty, or not a path.</exception>
    public FileSink(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = Path.GetFullPath(path);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        string text = $"{violation}{Environment.NewLine}{violation.Stack}{Environment.NewLine}{Environment.NewLine}";
        using (_gate.EnterScope())
        {
            File.AppendAllText(_path, text);
        }
    }
}
