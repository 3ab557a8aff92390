// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.InteropServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Writes the findings to the folder that the tool has named: soon after each finding, and once more at the end of the process, however it
/// ends. A reader sees a complete file or none. From its first lock to its end, a process has a mark in the folder which says that its last
/// report is still to come.
/// </summary>
internal sealed class ReportWriter : LockViolationSink
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private readonly string _folder;
    private readonly string _name;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _found = new(initialState: false);
    private readonly List<PosixSignalRegistration> _signals = [];
    private LockValidator? _validator;
    private bool _hasFailed; // under the gate

    public ReportWriter(string folder)
    {
        _folder = folder;
        _name = ProcessMarks.Name;
    }

    public void Start(LockValidator validator)
    {
        _validator = validator;
        ProcessMarks.Begin(_folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => WriteAtEnd();
        AppDomain.CurrentDomain.UnhandledException += (_, _) => WriteLast();
        // Since .NET 10, SIGTERM also ends a process at once unless it is handled.
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP, PosixSignal.SIGTERM])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, _ => WriteLast())); // the program's own handling is not changed
        }

        new Thread(WriteWhenNew) { IsBackground = true, Name = "fencekit-lockdep report" }.Start();
    }

    public override void Report(LockViolation violation) => _found.Set();

    /// <summary>Records that the process is about to be ended because of a deadlock.</summary>
    public void WriteHang(int agents)
    {
        WriteAtEnd();
        Replace($"hang-{_name}.txt", agents.ToString(CultureInfo.InvariantCulture));
    }

    private void WriteLast()
    {
        RunEnd.Judge();
        WriteAtEnd();
    }

    private void WriteAtEnd()
    {
        if (Write())
        {
            ProcessMarks.End(_folder);
        }
    }

    private void WriteWhenNew()
    {
        LockValidator.IgnoreThisThread();
        while (true)
        {
            _found.WaitOne();
            Write();
            Thread.Sleep(s_pause); // findings often come in bursts
        }
    }

    private bool Write()
    {
        using var ignored = LockValidator.Ignore();
        lock (_gate)
        {
            LockReport report = LockReport.Create(_validator!);
            return Replace($"report-{_name}.json", report.ToJson());
        }
    }

    // A failure here must not affect the program.
#pragma warning disable CA1031
    private bool Replace(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        string partial = path + ".partial";
        try
        {
            File.WriteAllText(partial, text);
            File.Move(partial, path, overwrite: true);
            return true;
        }
        catch (Exception exception)
        {
            if (!_hasFailed)
            {
                _hasFailed = true;
                StandardError.Write($"fencekit-lockdep: the report could not be written to {path}: {exception.Message}");
            }

            Delete(partial);
            return false;
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception)
        {
            // The tool ignores incomplete files.
        }
    }
#pragma warning restore CA1031
}
