// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The validator's maps of a notifier. There are none when the contract is not checked.</summary>
internal sealed class NotifierContract(string name)
{
    /// <summary>The lock of the owner's table.</summary>
    internal object? Table { get; } = FenceContract.TableMap(name);

    /// <summary>The one map that stands for all sessions. A wait for the end of any session is recorded as a wait for it.</summary>
    internal object? Sessions { get; } = FenceContract.FenceMap($"{name} sessions", isExported: false);
}

/// <summary>The validator's maps of a subscription. There are none when the contract is not checked.</summary>
internal sealed class SubscriptionContract(string name, NotifierContract notifier)
{
    /// <summary>The subscriber's callback.</summary>
    internal object Callback { get; } = FenceContract.SubscriberMap(name)!;

    /// <summary>The scope in which a mapping is published.</summary>
    internal object Publishing { get; } = FenceContract.PublishMap(name)!;

    /// <summary>The map that stands for all sessions of the notifier, see <see cref="NotifierContract.Sessions"/>.</summary>
    internal object? Sessions { get; } = notifier.Sessions;
}
