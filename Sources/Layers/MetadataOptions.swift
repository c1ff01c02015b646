package import AtelierJSON

/// What the metadata of a collection say beside the traits.
public struct MetadataOptions: Hashable, Sendable {
    /// Said of every item.
    public var description: String
    /// A short name, such as `TNGO`; empty for none.
    public var symbol: String
    /// What stands before the file name of a picture, such as `ipfs://…`; empty for the bare name.
    public var baseURI: String
    /// A page on the collection; empty for none.
    public var externalURL: String
    /// What the creators get of a sale, in hundredths of a percent.
    public var sellerFeeBasisPoints: Int
    /// Who made the collection; their shares sum to 100 unless there are none.
    public var creators: [Creator]
    /// Whether traits called `None` are left out.
    public var omitsNone: Bool
    /// What an item is called: `{name}` and `{number}` are replaced.
    public var namePattern: String
    /// A document with places to fill in, written for every item instead of a standard's; nil for the standard's.
    package var template: JSON?

    /// Someone with a share of what sales bring.
    public struct Creator: Hashable, Sendable {
        /// The address of a wallet.
        public var address: String
        /// Percent.
        public var share: Int

        /// A creator.
        public init(address: String, share: Int) {
            self.address = address
            self.share = share
        }
    }

    /// Nothing but traits.
    public init() {
        description = ""
        symbol = ""
        baseURI = ""
        externalURL = ""
        sellerFeeBasisPoints = 0
        creators = []
        omitsNone = false
        namePattern = "{name} #{number}"
        template = nil
    }
}
