namespace FenceKit.Exploration;

// Two threads that both spin, and take a lock in every turn to look, change memory for each other without end. After a few turns in which
// nobody else has done anything they give way to whoever can do something.
internal sealed partial class LogicalThread
{
    private const int TurnsInVain = 3;

    /// <summary>A thread that spun so few steps ago is probably still at it.</summary>
    private const int LongestTurn = 16;

    private int _stepsSinceSpin = LongestTurn;
    private int _spinsInARow;
    private long _progressAtSpin = -1;

    public bool SpinsInVain =>
        _spinsInARow >= TurnsInVain
        && _progressAtSpin == Run.Progress
        && Run.Threads.Any(other => other != this && !other.IsInSpinLoop && !other.IsSpinning && other.CanRun);

    private bool IsInSpinLoop => _stepsSinceSpin < LongestTurn;

    private void ForgetSpins()
    {
        _stepsSinceSpin = LongestTurn;
        _spinsInARow = 0;
        _progressAtSpin = -1;
    }
}
