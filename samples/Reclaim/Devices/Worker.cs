// SPDX-License-Identifier: MIT

using System.Runtime.ExceptionServices;

namespace FenceKit.Samples.Reclaim.Devices;

/// <summary>A named thread whose failure is not lost: it is reported at once and thrown again by <see cref="Join"/>.</summary>
internal sealed class Worker
{
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    private Worker(string name, Action work, Action<Exception>? onFailure)
    {
        _thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception failure)
            {
                _failure = ExceptionDispatchInfo.Capture(failure);
                onFailure?.Invoke(failure);
            }
        })
        { IsBackground = true, Name = name };
    }

    public static Worker Start(string name, Action work, Action<Exception>? onFailure = null)
    {
        var worker = new Worker(name, work, onFailure);
        worker._thread.Start();
        return worker;
    }

    public void Join()
    {
        _thread.Join();
        _failure?.Throw();
    }
}
