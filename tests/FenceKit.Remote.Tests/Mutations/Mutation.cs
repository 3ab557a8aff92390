// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Mutations;

/// <summary>A rule of the protocol, left out.</summary>
/// <param name="Rule">What is left out; it names the mutation.</param>
/// <param name="File">The file below src/FenceKit.Remote.</param>
/// <param name="Text">What stands there exactly once.</param>
/// <param name="Instead">What is put in its place.</param>
/// <param name="Scene">The scene that must notice.</param>
public sealed record Mutation(string Rule, string File, string Text, string Instead, string Scene)
{
    public override string ToString() => Rule;
}
