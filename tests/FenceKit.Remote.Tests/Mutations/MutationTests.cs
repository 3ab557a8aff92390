// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Mutations;

/// <summary>Each rule of the protocol is needed: without it, the scene that is about it breaks.</summary>
public class MutationTests
{
    public static TheoryData<string> Rules => new(ProtocolMutations.All.Select(mutation => mutation.Rule));

    [Theory]
    [MemberData(nameof(Rules))]
    public void Without_the_rule_a_promise_is_broken(string rule)
    {
        if (FenceContract.IsChecked)
        {
            return; // a library with a rule left out may break the contract as well; the usual run has them all
        }

        Mutation mutation = ProtocolMutations.All.Single(candidate => candidate.Rule == rule);
        Exception? broken = MutantLibrary.Run(mutation.Scene, mutation);
        Assert.True(broken is not null, $"{mutation.Scene} does not notice.");
        Assert.Equal("SceneException", broken.GetType().Name);
    }

    [Fact]
    public void Compiled_as_it_stands_the_library_keeps_all_promises() =>
        Assert.Null(MutantLibrary.Run(nameof(Scenes.SessionScenes.A_session_completes_when_the_node_has_acknowledged), mutation: null));
}
