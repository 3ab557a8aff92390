namespace FenceKit.Exploration;

/// <summary>A mistake that a generated scenario makes on purpose, to show that the check would notice.</summary>
public enum ShadowFlaw
{
    None,

    /// <summary>The owner gives the memory away before the wait.</summary>
    CommitsBeforeWait,

    /// <summary>One subscriber does not let go when it is told.</summary>
    SkipsOneSubscriber,

    /// <summary>Who has built a mapping publishes it without asking whether it was overtaken.</summary>
    PublishesWithoutLooking,
}
