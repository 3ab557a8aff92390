// SPDX-License-Identifier: MIT
namespace Shop;

/// <summary>Prices that come in until it is stopped. Its end waits, under the lock, for a callback that takes the lock.</summary>
internal sealed class PriceFeed : IDisposable
{
    private readonly object _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenRegistration _registration;
    private bool _isStopped;

    public PriceFeed() => _registration = _stop.Token.Register(OnStopped);

    public bool IsStopped
    {
        get
        {
            lock (_gate)
            {
                return _isStopped;
            }
        }
    }

    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        lock (_gate)
        {
            _registration.Dispose(); // waits for OnStopped, if that runs
        }

        _stop.Dispose();
    }

    private void OnStopped()
    {
        lock (_gate)
        {
            _isStopped = true;
        }
    }
}
