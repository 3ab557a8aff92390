namespace FenceKit.Exploration;

/// <summary>
/// Hands the right to run from one OS thread to another. Most waits are a few hundred nanoseconds, so the receiver spins first,
/// then lets others have the core for a while, and only then sleeps in the kernel, which costs some fifty microseconds.
/// </summary>
internal sealed class Baton : IDisposable
{
    private const int None = 0;
    private const int Given = 1;
    private const int Asleep = 2;

    private const int SpinTurns = 50;
    private const int YieldTurns = 1000;

    private readonly SemaphoreSlim _wake = new(0);

    /// <summary>None, Given or Asleep. Exchange in Give() pairs with CompareExchange in Take(): one of them sees the other.</summary>
    private int _state;

    public void Give()
    {
        if (System.Threading.Interlocked.Exchange(ref _state, Given) == Asleep)
        {
            _wake.Release();
        }
    }

    public void Take()
    {
        for (int turn = 0; turn < SpinTurns + YieldTurns; turn++)
        {
            if (System.Threading.Volatile.Read(ref _state) == Given)
            {
                _state = None;
                return;
            }

            if (turn < SpinTurns)
            {
                Thread.SpinWait(1);
            }
            else
            {
                Thread.Yield();
            }
        }

        if (System.Threading.Interlocked.CompareExchange(ref _state, Asleep, None) == None)
        {
            _wake.Wait();
        }

        _state = None;
    }

    public void Dispose() => _wake.Dispose();
}
