using CsCheck;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Protocol.Tests.Noise;

/// <summary>The seven rules of wire/01 §3.7, each with chains that break only it.</summary>
public class CertificateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly KeyPair Root = KeyPair.Generate(), Intermediate = KeyPair.Generate(), Server = KeyPair.Generate();
    private static readonly ulong Before = (ulong)Now.AddDays(-1).ToUnixTimeSeconds(), After = (ulong)Now.AddDays(1).ToUnixTimeSeconds();
    private static readonly CertificateDetails GoodLeaf = new(2, 1, Server.PublicKey, Before, After);
    private static readonly CertificateDetails GoodIntermediate = new(1, 0, Intermediate.PublicKey, Before, After);

    private static NoiseCertificate Leaf => CertificateIssuer.Sign(Intermediate, GoodLeaf);

    private static NoiseCertificate Middle => CertificateIssuer.Sign(Root, GoodIntermediate);

    private static void Validate(CertificateChain chain, DateTimeOffset? at = null, byte[]? serverStatic = null, uint rootSerial = 0) =>
        new CertificateValidator(Root.PublicKey, new FakeTimeProvider(at ?? Now), rootSerial).Validate(chain.Encode(), serverStatic ?? Server.PublicKey);

    private static void AssertRejected(int rule, Action validate)
    {
        var rejected = Assert.Throws<CertificateRejectedException>(validate);
        Assert.Equal(rule, rejected.Rule);
        Assert.Contains($"rule {rule}", rejected.Message, StringComparison.Ordinal);
    }

    private static void AssertRejected(int rule, CertificateChain chain) => AssertRejected(rule, () => Validate(chain));

    [Fact]
    public void A_good_chain_is_accepted() => Validate(new(Leaf, Middle));

    [Fact]
    public void An_issued_chain_is_accepted_and_has_the_serials_of_the_fact_sheet()
    {
        var chain = CertificateIssuer.Issue(Root, Intermediate, Server.PublicKey, Now.AddDays(-1), Now.AddYears(5));
        new CertificateValidator(Root.PublicKey, new FakeTimeProvider(Now)).Validate(chain, Server.PublicKey);

        var (leaf, intermediate) = CertificateChain.Decode(chain);
        var details = CertificateDetails.Decode(leaf!.Details);
        Assert.Equal((2u, 1u), (details.Serial, details.IssuerSerial));
        details = CertificateDetails.Decode(intermediate!.Details);
        Assert.Equal((1u, 0u), (details.Serial, details.IssuerSerial));
    }

    [Fact]
    public void Rule_1_both_certificates_have_details_and_a_64_byte_signature()
    {
        AssertRejected(1, new CertificateChain(null, Middle));
        AssertRejected(1, new CertificateChain(Leaf, null));
        AssertRejected(1, new CertificateChain(Leaf with { Details = [] }, Middle));
        AssertRejected(1, new CertificateChain(Leaf, Middle with { Details = [] }));
        AssertRejected(1, new CertificateChain(Leaf with { Signature = new byte[63] }, Middle));
        AssertRejected(1, new CertificateChain(Leaf, Middle with { Signature = [] }));
        AssertRejected(1, new CertificateChain(Leaf, Middle with { Details = [0x0A] }));
        var validator = new CertificateValidator(Root.PublicKey, new FakeTimeProvider(Now));
        AssertRejected(1, () => validator.Validate([], Server.PublicKey));
        AssertRejected(1, () => validator.Validate([0xFF, 0xFF], Server.PublicKey));
    }

    [Fact]
    public void Rule_2_the_intermediate_names_the_root()
    {
        AssertRejected(2, new CertificateChain(Leaf, CertificateIssuer.Sign(Root, GoodIntermediate with { IssuerSerial = 7 })));
        AssertRejected(2, () => Validate(new(Leaf, Middle), rootSerial: 7));
        Validate(new(Leaf, CertificateIssuer.Sign(Root, GoodIntermediate with { IssuerSerial = 7 })), rootSerial: 7);
    }

    [Fact]
    public void Rule_3_the_intermediate_is_signed_by_the_root()
    {
        AssertRejected(3, new CertificateChain(Leaf, CertificateIssuer.Sign(Intermediate, GoodIntermediate)));
        AssertRejected(3, new CertificateChain(Leaf, Middle with { Details = (GoodIntermediate with { Serial = 1, NotAfter = After + 1 }).Encode() }));
    }

    [Fact]
    public void Rule_4_the_intermediates_key_and_the_leafs_issuer_fit()
    {
        AssertRejected(4, new CertificateChain(Leaf, CertificateIssuer.Sign(Root, GoodIntermediate with { Key = new byte[31] })));
        AssertRejected(4, new CertificateChain(Leaf, CertificateIssuer.Sign(Root, GoodIntermediate with { Serial = 5 })));
        AssertRejected(4, new CertificateChain(CertificateIssuer.Sign(Intermediate, GoodLeaf with { IssuerSerial = 0 }), Middle));
    }

    [Fact]
    public void Rule_5_the_leaf_is_signed_by_the_intermediate()
    {
        AssertRejected(5, new CertificateChain(CertificateIssuer.Sign(Root, GoodLeaf), Middle));
        AssertRejected(5, new CertificateChain(Leaf with { Details = (GoodLeaf with { NotAfter = After + 1 }).Encode() }, Middle));
    }

    [Fact]
    public void Rule_6_the_leaf_certifies_the_key_of_the_handshake()
    {
        AssertRejected(6, () => Validate(new(Leaf, Middle), serverStatic: KeyPair.Generate().PublicKey));
        AssertRejected(6, new CertificateChain(CertificateIssuer.Sign(Intermediate, GoodLeaf with { Key = [] }), Middle));
    }

    [Fact]
    public void Rule_7_both_certificates_are_valid_now()
    {
        var chain = new CertificateChain(Leaf, Middle);
        Validate(chain, DateTimeOffset.FromUnixTimeSeconds((long)Before));
        Validate(chain, DateTimeOffset.FromUnixTimeSeconds((long)After));
        AssertRejected(7, () => Validate(chain, DateTimeOffset.FromUnixTimeSeconds((long)Before - 1)));
        AssertRejected(7, () => Validate(chain, DateTimeOffset.FromUnixTimeSeconds((long)After + 1)));
        AssertRejected(7, new CertificateChain(CertificateIssuer.Sign(Intermediate, GoodLeaf with { NotAfter = Before }), Middle));
        AssertRejected(7, new CertificateChain(Leaf, CertificateIssuer.Sign(Root, GoodIntermediate with { NotBefore = After })));
    }

    [Fact]
    public void Random_bytes_are_rejected() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        var validator = new CertificateValidator(Root.PublicKey, new FakeTimeProvider(Now));
        Assert.Throws<CertificateRejectedException>(() => validator.Validate(bytes, Server.PublicKey));
    }, iter: 500);

    [Fact]
    public void The_production_root_has_32_bytes_and_vouches_for_no_chain_of_ours()
    {
        Assert.Equal(32, CertificateValidator.ProductionRoot.Length);
        var validator = new CertificateValidator(CertificateValidator.ProductionRoot, new FakeTimeProvider(Now));
        AssertRejected(3, () => validator.Validate(new CertificateChain(Leaf, Middle).Encode(), Server.PublicKey));
        Assert.Throws<ArgumentException>(() => new CertificateValidator(new byte[31], TimeProvider.System));
    }
}
