// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A notifier as the validator knows it. There is none when the contract is not checked.</summary>
internal sealed class NotifierContract(string name)
{
    /// <summary>The lock of the owner's table.</summary>
    internal object? Table { get; } = FenceContract.TableMap(name);

    /// <summary>Stands for all sessions, for those who wait for the end of whichever there is.</summary>
    internal object? Sessions { get; } = FenceContract.FenceMap($"{name} sessions", isExported: false);
}

/// <summary>A subscription as the validator knows it. There is none when the contract is not checked.</summary>
internal sealed class SubscriptionContract(string name, NotifierContract notifier)
{
    /// <summary>The subscriber's callback.</summary>
    internal object Callback { get; } = FenceContract.SubscriberMap(name)!;

    /// <summary>The scope in which a mapping is published.</summary>
    internal object Publishing { get; } = FenceContract.PublishMap(name)!;

    /// <summary>Stands for all sessions of the notifier, see <see cref="NotifierContract.Sessions"/>.</summary>
    internal object? Sessions { get; } = notifier.Sessions;
}
