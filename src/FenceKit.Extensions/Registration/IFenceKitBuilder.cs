// SPDX-License-Identifier: MIT
using Microsoft.Extensions.DependencyInjection;

namespace FenceKit.Extensions;

/// <summary>Adds parts of FenceKit to an application: what <c>AddFenceKit</c> returns.</summary>
/// <remarks>Not thread safe, as the collection of services itself is not.</remarks>
public interface IFenceKitBuilder
{
    /// <summary>Where the parts are registered.</summary>
    IServiceCollection Services { get; }
}

/// <inheritdoc/>
internal sealed class FenceKitBuilder(IServiceCollection services) : IFenceKitBuilder
{
    public IServiceCollection Services => services;
}
