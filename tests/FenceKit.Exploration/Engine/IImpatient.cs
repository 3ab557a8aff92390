namespace FenceKit.Exploration;

/// <summary>An obstacle with a time limit. Time passes only when nobody else can go on, so a limit never hides a lost wake-up by luck.</summary>
internal interface IImpatient
{
    bool CanGiveUp { get; }

    void GiveUp();
}
