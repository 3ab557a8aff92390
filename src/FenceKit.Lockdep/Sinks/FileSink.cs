// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>Appends to a file; see <see cref="LockViolationSink.ToFile"/>.</summary>
[DebuggerDisplay("appends to {_path}")]
internal sealed class FileSink : LockViolationSink
{
    private readonly UninterruptedLock _lock = new();
    private readonly string _path;

    public FileSink(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = Path.GetFullPath(path);
    }

    public override void Report(LockViolation violation)
    {
        ArgumentNullException.ThrowIfNull(violation);
        string text = $"{violation}{Environment.NewLine}{violation.Trace}{Environment.NewLine}{Environment.NewLine}";
        using (_lock.EnterScope())
        {
            File.AppendAllText(_path, text);
        }
    }
}
