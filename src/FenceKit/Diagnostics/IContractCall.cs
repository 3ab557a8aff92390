// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>Code that runs inside a checked section. A struct, so that the call costs no delegate: the section may forbid allocation.</summary>
internal interface IContractCall
{
    void Invoke();
}
