// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>Code to run inside a checked section. Implemented by structs, since a delegate would allocate, which the section may forbid.</summary>
internal interface IContractCall
{
    void Invoke();
}
