// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests;

/// <summary>The promises of the protocol, one scene each. MutationTests shows that each of them can fail.</summary>
public class SceneTests
{
    public static TheoryData<string> Scenes => new(AllScenes.Names);

    [Theory]
    [MemberData(nameof(Scenes))]
    public void The_protocol_keeps_its_promise(string scene) => AllScenes.Run(scene);
}
