// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace FenceKit.Analyzers;

/// <summary>The types of FenceKit that rules speak of, looked up once for each compilation.</summary>
/// <remarks>What a project does not refer to is null here, and its rules stay silent: a user of the lock validator alone has no fences.</remarks>
public sealed class KnownTypes
{
    private static readonly ConditionalWeakTable<Compilation, KnownTypes> s_cache = new();

    private readonly HashSet<INamedTypeSymbol> _scopes;

    private KnownTypes(Compilation compilation)
    {
        TrackedLock = compilation.GetTypeByMetadataName("FenceKit.Lockdep.TrackedLock");
        TrackedMonitor = compilation.GetTypeByMetadataName("FenceKit.Lockdep.TrackedMonitor");
        TrackedReaderWriterLock = compilation.GetTypeByMetadataName("FenceKit.Lockdep.TrackedReaderWriterLock");
        TrackedSemaphore = compilation.GetTypeByMetadataName("FenceKit.Lockdep.TrackedSemaphore");
        Fence = compilation.GetTypeByMetadataName("FenceKit.Fence");
        FenceCallback = compilation.GetTypeByMetadataName("FenceKit.FenceCallback");
        FencePool = compilation.GetTypeByMetadataName("FenceKit.FencePool");
        FenceTimeline = compilation.GetTypeByMetadataName("FenceKit.FenceTimeline");
        SharedFenceTimeline = compilation.GetTypeByMetadataName("FenceKit.SharedFenceTimeline");
        WoundWaitLock = compilation.GetTypeByMetadataName("FenceKit.WoundWaitLock");
        Subscriber = compilation.GetTypeByMetadataName("FenceKit.IInvalidationSubscriber");
        DeviceDriver = compilation.GetTypeByMetadataName("FenceKit.DeviceDriver`1");
        Notifier = compilation.GetTypeByMetadataName("FenceKit.InvalidationNotifier");
        Session = compilation.GetTypeByMetadataName("FenceKit.InvalidationSession");
        Subscription = compilation.GetTypeByMetadataName("FenceKit.InvalidationSubscription");
        SharedSubscriber = compilation.GetTypeByMetadataName("FenceKit.SharedSubscriber`1");
        Lease = compilation.GetTypeByMetadataName("FenceKit.ReaderLease");
        ReaderScope = compilation.GetTypeByMetadataName("FenceKit.ReaderScope");
        AddressRange = compilation.GetTypeByMetadataName("FenceKit.AddressRange");

        _scopes = new HashSet<INamedTypeSymbol>(SymbolEqualityComparer.Default);
        foreach (string name in (string[])[
            "FenceKit.Lockdep.TrackedLock+Scope", "FenceKit.Lockdep.TrackedMonitor+Scope", "FenceKit.Lockdep.LockSectionScope",
            "FenceKit.ReaderScope", "FenceKit.PopulateScope", "FenceKit.FenceContractScope", "FenceKit.ReadTurn", "FenceKit.ReaderLease",
            "FenceKit.InvalidationSession"])
        {
            if (compilation.GetTypeByMetadataName(name) is { } scope)
            {
                _scopes.Add(scope);
            }
        }
    }

    /// <summary>Gets the exclusive lock.</summary>
    public INamedTypeSymbol? TrackedLock { get; }

    /// <summary>Gets the tracked use of an object's monitor.</summary>
    public INamedTypeSymbol? TrackedMonitor { get; }

    /// <summary>Gets the lock with readers and writers.</summary>
    public INamedTypeSymbol? TrackedReaderWriterLock { get; }

    /// <summary>Gets the semaphore.</summary>
    public INamedTypeSymbol? TrackedSemaphore { get; }

    /// <summary>Gets the fence.</summary>
    public INamedTypeSymbol? Fence { get; }

    /// <summary>Gets the base of what runs when a fence signals.</summary>
    public INamedTypeSymbol? FenceCallback { get; }

    /// <summary>Gets the pool of independent fences.</summary>
    public INamedTypeSymbol? FencePool { get; }

    /// <summary>Gets the producer's side of fences.</summary>
    public INamedTypeSymbol? FenceTimeline { get; }

    /// <summary>Gets the producer's side of fences that processes share.</summary>
    public INamedTypeSymbol? SharedFenceTimeline { get; }

    /// <summary>Gets the lock of which sets are taken.</summary>
    public INamedTypeSymbol? WoundWaitLock { get; }

    /// <summary>Gets what is told to let go of a range.</summary>
    public INamedTypeSymbol? Subscriber { get; }

    /// <summary>Gets the base of drivers that a queue calls.</summary>
    public INamedTypeSymbol? DeviceDriver { get; }

    /// <summary>Gets what tells subscribers.</summary>
    public INamedTypeSymbol? Notifier { get; }

    /// <summary>Gets the session of an owner.</summary>
    public INamedTypeSymbol? Session { get; }

    /// <summary>Gets the subscription to a range.</summary>
    public INamedTypeSymbol? Subscription { get; }

    /// <summary>Gets the handle of a shared subscriber.</summary>
    public INamedTypeSymbol? SharedSubscriber { get; }

    /// <summary>Gets the reader that may change threads.</summary>
    public INamedTypeSymbol? Lease { get; }

    /// <summary>Gets the reader that stays on its thread.</summary>
    public INamedTypeSymbol? ReaderScope { get; }

    /// <summary>Gets the range.</summary>
    public INamedTypeSymbol? AddressRange { get; }

    /// <summary>Returns the types of a compilation, or null where it refers to nothing of FenceKit.</summary>
    /// <param name="compilation">The compilation.</param>
    /// <returns>The types, or null.</returns>
    public static KnownTypes? From(Compilation compilation)
    {
        KnownTypes types = s_cache.GetValue(compilation, static compilation => new KnownTypes(compilation));
        return types.TrackedLock is null && types.Fence is null ? null : types;
    }

    /// <summary>Says whether values of a type are only worth having until they are disposed: sessions, leases and scopes.</summary>
    /// <param name="type">The type.</param>
    /// <returns>True for those.</returns>
    public bool IsScope(ITypeSymbol? type) => type is INamedTypeSymbol named && _scopes.Contains(named.OriginalDefinition);

    /// <summary>Says whether somebody must dispose what has this type: scopes, and what stays subscribed until then.</summary>
    /// <param name="type">The type.</param>
    /// <returns>True for those.</returns>
    public bool MustBeDisposed(ITypeSymbol? type) => IsScope(type) || Is(type, Subscription) || Is(type, SharedSubscriber);

    /// <summary>Says whether a member is one of FenceKit's own, and not one of a user's that happens to return the same type.</summary>
    /// <param name="member">The member.</param>
    /// <returns>True for FenceKit's own.</returns>
    public bool IsOwn(ISymbol member) =>
        SymbolEqualityComparer.Default.Equals(member.ContainingAssembly, Fence?.ContainingAssembly)
        || SymbolEqualityComparer.Default.Equals(member.ContainingAssembly, TrackedLock?.ContainingAssembly);

    /// <summary>Says whether a type is one of those here, whatever its type arguments.</summary>
    /// <param name="type">The type.</param>
    /// <param name="known">One of the types here.</param>
    /// <returns>True if it is.</returns>
    public static bool Is(ITypeSymbol? type, INamedTypeSymbol? known) =>
        known is not null && type is not null && SymbolEqualityComparer.Default.Equals(type.OriginalDefinition, known);

    /// <summary>Says whether a type is one of those here or derives from it.</summary>
    /// <param name="type">The type.</param>
    /// <param name="known">One of the types here.</param>
    /// <returns>True if it is or does.</returns>
    public static bool IsOrDerivesFrom(ITypeSymbol? type, INamedTypeSymbol? known)
    {
        for (ITypeSymbol? current = type; current is not null; current = current.BaseType)
        {
            if (Is(current, known))
            {
                return true;
            }
        }
        return false;
    }
}
