// SPDX-License-Identifier: Apache-2.0
#include "harness/data/catalog.h"

namespace imp::harness {
namespace {

constexpr PackagedFile kFonts[] = {
    {"fonts-cantarell", "/usr/share/fonts/opentype/cantarell/Cantarell-Bold.otf"},
    {"fonts-cantarell", "/usr/share/fonts/opentype/cantarell/Cantarell-ExtraBold.otf"},
    {"fonts-cantarell", "/usr/share/fonts/opentype/cantarell/Cantarell-Regular.otf"},
    {"fonts-dosis", "/usr/share/fonts/opentype/dosis/Dosis-Bold.otf"},
    {"fonts-dosis", "/usr/share/fonts/opentype/dosis/Dosis-Book.otf"},
    {"fonts-dosis", "/usr/share/fonts/opentype/dosis/Dosis-ExtraBold.otf"},
    {"fonts-dosis", "/usr/share/fonts/opentype/dosis/Dosis-Medium.otf"},
    {"fonts-dosis", "/usr/share/fonts/opentype/dosis/Dosis-SemiBold.otf"},
    {"fonts-urw-base35", "/usr/share/fonts/opentype/urw-base35/NimbusSans-Bold.otf"},
    {"fonts-urw-base35", "/usr/share/fonts/opentype/urw-base35/NimbusSans-Regular.otf"},
    {"fonts-urw-base35", "/usr/share/fonts/opentype/urw-base35/URWGothic-Book.otf"},
    {"fonts-urw-base35", "/usr/share/fonts/opentype/urw-base35/URWGothic-Demi.otf"},
    {"fonts-comfortaa", "/usr/share/fonts/truetype/comfortaa/Comfortaa-Bold.ttf"},
    {"fonts-comfortaa", "/usr/share/fonts/truetype/comfortaa/Comfortaa-Regular.ttf"},
    {"fonts-crosextra-carlito", "/usr/share/fonts/truetype/crosextra/Carlito-Bold.ttf"},
    {"fonts-crosextra-carlito", "/usr/share/fonts/truetype/crosextra/Carlito-Regular.ttf"},
    {"fonts-dejavu-core", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"},
    {"fonts-dejavu-core", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"},
    {"fonts-freefont-ttf", "/usr/share/fonts/truetype/freefont/FreeSans.ttf"},
    {"fonts-freefont-ttf", "/usr/share/fonts/truetype/freefont/FreeSansBold.ttf"},
    {"fonts-lato", "/usr/share/fonts/truetype/lato/Lato-Black.ttf"},
    {"fonts-lato", "/usr/share/fonts/truetype/lato/Lato-Bold.ttf"},
    {"fonts-lato", "/usr/share/fonts/truetype/lato/Lato-Medium.ttf"},
    {"fonts-lato", "/usr/share/fonts/truetype/lato/Lato-Regular.ttf"},
    {"fonts-liberation", "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf"},
    {"fonts-liberation", "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"},
    {"fonts-open-sans", "/usr/share/fonts/truetype/open-sans/OpenSans-Bold.ttf"},
    {"fonts-open-sans", "/usr/share/fonts/truetype/open-sans/OpenSans-ExtraBold.ttf"},
    {"fonts-open-sans", "/usr/share/fonts/truetype/open-sans/OpenSans-Regular.ttf"},
    {"fonts-open-sans", "/usr/share/fonts/truetype/open-sans/OpenSans-Semibold.ttf"},
    {"fonts-quicksand", "/usr/share/fonts/truetype/quicksand/Quicksand-Bold.ttf"},
    {"fonts-quicksand", "/usr/share/fonts/truetype/quicksand/Quicksand-Medium.ttf"},
    {"fonts-quicksand", "/usr/share/fonts/truetype/quicksand/Quicksand-Regular.ttf"},
    {"fonts-roboto-unhinted", "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Black.ttf"},
    {"fonts-roboto-unhinted", "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Bold.ttf"},
    {"fonts-roboto-unhinted", "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Medium.ttf"},
    {"fonts-roboto-unhinted", "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf"},
};

constexpr PackagedFile kBackgrounds[] = {
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/Bridge_by_Sander_Klootwijk.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/Dragonfly_by_Bolly.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/Picture_0B_by_freespace.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/Picture_1A_by_freespace.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/Wine_by_Jakkub_Mede.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/aitzgorri_by_Aitzol_Berasategi.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/analogpattern_by_Peter_Nerlich.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/free_by_Peter_Nerlich.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/friends_by_Aitzol_Berasategi.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/life_by_Aitzol_Berasategi.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/picosdeeuropa_by_Aitzol_Berasategi.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/seeding_by_Clements_Engelhardt.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/sunset_by_Aitzol_Berasategi.jpg"},
    {"lomiri-wallpapers-16.04", "/usr/share/backgrounds/umang_by_Abhishek_Mudgal.jpg"},
    {"lomiri-wallpapers-20.04", "/usr/share/backgrounds/Fossa_by_Jasper_Roks.jpg"},
    {"lomiri-wallpapers-20.04", "/usr/share/backgrounds/Infinite-Sea_by_Aury88.jpg"},
    {"lomiri-wallpapers-20.04", "/usr/share/backgrounds/Kleiber_by_Lukas_Baubkus.jpg"},
    {"lomiri-wallpapers-20.04", "/usr/share/backgrounds/Painting-Colors_by__herobrine7gamer.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/abstract/Elephants.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/desktop/Stripes.png"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/desktop/Ubuntu-Mate-Cold-no-logo.png"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/desktop/Ubuntu-Mate-Dark-no-logo.png"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/desktop/Ubuntu-Mate-Radioactive-no-logo.png"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/desktop/Ubuntu-Mate-Warm-no-logo.png"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/Aqua.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/Blinds.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/Dune.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/FreshFlower.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/Garden.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/GreenMeadow.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/LadyBird.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/RainDrops.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/Storm.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/TwoWings.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/Wood.jpg"},
    {"mate-backgrounds", "/usr/share/backgrounds/mate/nature/YellowFlower.jpg"},
    {"palapeli-data", "/usr/share/palapeli/backgrounds/Eliminator-Funk-2.jpg"},
    {"palapeli-data", "/usr/share/palapeli/backgrounds/Rear-Admiral-Diplomat-1.jpg"},
    {"palapeli-data", "/usr/share/palapeli/backgrounds/Time-For-Lunch-2.jpg"},
    {"palapeli-data", "/usr/share/palapeli/backgrounds/gon-defends-the-critters-1.jpg"},
    {"palapeli-data", "/usr/share/palapeli/collection/castle-maintenon.jpg"},
    {"palapeli-data", "/usr/share/palapeli/collection/cincinnati-bridge.jpg"},
    {"palapeli-data", "/usr/share/palapeli/collection/citrus-fruits.jpg"},
    {"palapeli-data", "/usr/share/palapeli/collection/european-honey-bee.jpg"},
    {"palapeli-data", "/usr/share/palapeli/collection/panther-chameleon-female.jpg"},
    {"propaganda-debian", "/usr/share/wallpapers/A-Little-Exercise-1.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Brotherhood-Of-The-Thumb-2.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Caustic-Splotches-Of-Uber-5.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Demonsashimi-With-Wasabi-2.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Dreams-Of-Leaving-3.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Hans-Ponders-5.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Holy-CTCP-Flood-Batman-4.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Livid-Pink-Warts-5.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/No-Ones-Laughing-1.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Penguin-Sushi-1.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Plus-V-Is-The-Lamer-Mark-8.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Pop-The-Clutch-1.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Praise-The-Blue-Steel-1.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Schubert-Slowly-Lefthanded-2.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Sleep-Deprivation-5.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/The-Brothers-Gibb-1.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/The-Fall-Of-Babylon-1.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Theme-Park-Disaster-1.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Waterhouse-Efficiency-Curve-2.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/What-Goes-Up-3.JPG"},
    {"propaganda-debian", "/usr/share/wallpapers/Wrestling-Dog-1.JPG"},
};

}  // namespace

std::span<const PackagedFile> font_catalog() {
  return kFonts;
}
std::span<const PackagedFile> background_catalog() {
  return kBackgrounds;
}
PackagedFile symbol_font() {
  return {"fonts-dejavu-core", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"};
}

}  // namespace imp::harness
