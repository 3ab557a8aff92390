// SPDX-License-Identifier: MIT
using Microsoft.Extensions.DependencyInjection;

namespace FenceKit.Extensions;

/// <summary>The builder that <c>AddFenceKit</c> returns, to add parts of FenceKit to an application.</summary>
/// <remarks>Not thread safe, like the service collection itself.</remarks>
public interface IFenceKitBuilder
{
    /// <summary>The service collection to which the parts are added.</summary>
    IServiceCollection Services { get; }
}

/// <inheritdoc/>
internal sealed class FenceKitBuilder(IServiceCollection services) : IFenceKitBuilder
{
    public IServiceCollection Services => services;
}
